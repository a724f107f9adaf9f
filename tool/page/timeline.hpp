// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TOOL_PAGE_TIMELINE_HPP
#define HOLDFAST_TOOL_PAGE_TIMELINE_HPP

#include "run/services_view.hpp"

#include <boost/signals2/connection.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace tool
{
/// What a state comes down to for whoever looks from afar.
enum class standing : std::uint8_t
{
    stopped,
    trying, ///< Not connected, though it should be; also where it gave up.
    connected,
};

standing standing_of(hf::service_state s) noexcept;
std::string_view to_string(standing s) noexcept;

/// How one service stood during its last six hours, by the minute. It takes less than 1 KiB.
class timeline
{
public:
    static constexpr std::chrono::hours length{6};
    static constexpr std::chrono::minutes bucket_length{1};
    static constexpr std::size_t buckets_max = length / bucket_length;

    /// What share of the time in one bucket was what. The rest of `whole` is `stopped`.
    struct bucket
    {
        static constexpr std::uint8_t whole = 60;
        std::uint8_t connected = 0;
        std::uint8_t trying = 0; ///< Rounded up: a loss of a moment is seen.

        bool operator==(const bucket&) const = default;
    };

    /// Buckets one after the other that are equal.
    struct run
    {
        std::size_t count = 0;
        bucket each{};

        bool operator==(const run&) const = default;
    };

    /// It stands so from now on.
    void tell(standing s, hf::time_point now);

    /// All that is known, the oldest first; the last bucket is the minute that goes on.
    std::vector<run> runs(hf::time_point now) const;

private:
    void account_until(hf::time_point now);
    void close_bucket();
    bucket current() const;

    std::array<bucket, buckets_max> closed_{}; // a ring
    std::size_t next_ = 0;
    std::size_t count_ = 0;
    std::array<hf::duration, 3> current_{}; // how much of the bucket was what
    hf::time_point until_{};                // what is accounted for
    standing standing_ = standing::stopped;
    bool told_ = false;
};

static_assert(sizeof(timeline) <= 1024);

/// The timelines of all services, kept up to date by the view's signal.
class timelines
{
public:
    explicit timelines(services_view& view);

    /// Null if there is no such service.
    const timeline* find(std::string_view name) const;

private:
    void update(std::string_view name);
    void update_all();

    services_view& view_;
    std::map<std::string, timeline, std::less<>> lines_;
    boost::signals2::scoped_connection changed_;
};
}

#endif
