// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_OBSERVE_HISTORY_HPP
#define HOLDFAST_OBSERVE_HISTORY_HPP

#include <holdfast/observe/attempt_record.hpp>
#include <holdfast/observe/event.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace holdfast
{
/// An observer that remembers how a service stands and what became of its last attempts, and says
/// in words why it is not connected.
///
/// It keeps so many attempts and no more; each shares in owning the story of its failure. What it
/// tells is as of the last event: a call such as `reset` that is no event is seen with the next
/// one, and the destruction of the service is none.
///
/// @par Thread safety
/// Copies share their state, and are for the observer of one service. They are asked where that
/// observer is called: on the service's executor, also from inside an observer.
///
/// @par Lifetime
/// It may outlive the service.
///
/// @par Example
/// @code
/// hf::history past;
/// options.observe = past;
/// // ... later ...
/// std::cout << past.why(clock.now()) << '\n';
/// @endcode
class history
{
public:
    /// Remembers the last `attempts` attempts, from 1 to 1000.
    ///
    /// @throws std::invalid_argument if it is another number
    explicit history(std::size_t attempts = 16);

    void operator()(const event& e) const;

    service_state state() const noexcept;

    /// Since when it has been connected, or has not been: since the connection ended, or since the
    /// last start if that was later. The clock's epoch before the first start.
    time_point since() const noexcept;

    /// The number of the last attempt since the start, from 1; 0 before the first.
    std::uint32_t attempt() const noexcept;

    /// Failures in a row.
    std::uint32_t failures() const noexcept;

    /// How many connections it has had, over all its starts.
    std::uint64_t connections() const noexcept;

    /// Whether it was connected since the last start.
    bool ready() const noexcept;

    /// When the next attempt begins, while it waits for that.
    std::optional<time_point> next_attempt() const noexcept;

    /// How the last attempt failed, or the last connection was lost; null if nothing did so far.
    std::shared_ptr<const failure> last_failure() const noexcept;

    /// When that was.
    std::optional<time_point> failed_at() const noexcept;

    /// The last attempts, the oldest first.
    std::vector<attempt_record> attempts() const;

    /// Why it is not connected, or that it is, in words: one line of at most some 900 bytes,
    /// without control characters, such as `waiting for attempt 5 in 4.2 s, after 4 failures in a
    /// row in the last 31.0 s: tcp:127.0.0.1:6379: attempt 4 failed in connect after 0.2 ms:
    /// Connection refused`. `now` is the time on the service's clock.
    std::string why(time_point now) const;

private:
    struct contents;
    std::shared_ptr<contents> contents_;
};
}

#endif
