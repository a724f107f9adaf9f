// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_FAILOVER_MEMORY_HPP
#define HOLDFAST_DETAIL_FAILOVER_MEMORY_HPP

#include <holdfast/failure.hpp>
#include <holdfast/retry/random.hpp>
#include <holdfast/time.hpp>

#include <cstddef>
#include <cstdint>
#include <mutex>
#include <optional>
#include <vector>

namespace holdfast
{
/// In which order the endpoints of a `failover` are tried.
enum class failover_order : std::uint8_t
{
    listed,   ///< As they were given.
    shuffled, ///< In a random order, a new one for each dial.
};

/// How a `failover` goes through its endpoints.
struct failover_options
{
    failover_order order = failover_order::listed;

    /// How long one endpoint is tried; less where the deadline of the attempt is near, of which all
    /// that are left get an equal share, though at least a second.
    duration timeout = std::chrono::seconds(10);

    /// How long the one that worked last is begun with; zero: it is not remembered.
    duration remember = std::chrono::minutes(5);

    /// A connection that is lost earlier than this after it was ready did not work.
    duration stable_after = std::chrono::seconds(10);

    /// For the random orders; none: from the entropy of the system.
    std::optional<std::uint64_t> seed{};
};

namespace detail
{
/// Remembers which of several endpoints to begin with. What dials share; safe from any thread.
class failover_memory
{
public:
    /// @throws std::invalid_argument naming what is wrong
    failover_memory(std::size_t count, const failover_options& o);

    const failover_options& options() const noexcept { return options_; }

    /// The order in which a dial tries them.
    std::vector<std::size_t> line_up(time_point now);

    /// How long one may be tried, of so many that are left.
    duration share(time_point now, time_point deadline, std::size_t left) const noexcept;

    /// A dial has ended: by this one, ...
    void worked(std::size_t index, time_point now) noexcept;
    /// ... without success, ...
    void none_worked() noexcept;
    /// ... or by the deadline, while this one was next.
    void ran_out_before(std::size_t index, time_point now) noexcept;

    /// What came of the dial that worked has failed, or was lost.
    void failed(const failure& why) noexcept;

private:
    struct beginning
    {
        std::size_t index = 0;
        time_point until{};
        bool worked = false; // as far as is known
    };

    const failover_options options_;
    const std::size_t count_;
    std::mutex mutex_;
    retry::random random_;
    std::optional<beginning> beginning_;
};
}
}

#endif
