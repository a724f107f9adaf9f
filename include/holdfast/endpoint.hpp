// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINT_HPP
#define HOLDFAST_ENDPOINT_HPP

#include <holdfast/clock.hpp>
#include <holdfast/failure.hpp>
#include <holdfast/resolver.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/deferred.hpp>

#include <concepts>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace holdfast
{
/// What an endpoint tells about a dial while it goes on: read when the dial fails or times out.
struct dial_report
{
    holdfast::phase phase = phase::connect;    ///< What is being done now.
    bool traced = false;                       ///< Whether it is a `dial_trace`.
    std::vector<address_failure> addresses;    ///< Which addresses have failed so far, and how.
    std::shared_ptr<const std::string> detail; ///< What there is to say beyond the error; or null.
};

/// One step of a dial: a lookup, the connect to one address, a handshake.
struct dial_step
{
    holdfast::phase phase = phase::connect;
    std::string what{};   ///< What was done, such as `look up localhost`, `connect to [::1]:80`.
    time_point began{};   ///< By the clock of the dial.
    time_point ended{};   ///< The same.
    error_code code{};    ///< How it ended.
    std::string detail{}; ///< What there is to say beyond the code; may be empty.

    /// What came of it, each with its name, such as `address` and `::1`. Nothing in it is secret.
    std::vector<std::pair<std::string, std::string>> facts{};
};

/// A report that hears of each step as it ends. Only for those who ask: what is told costs strings.
class dial_trace : public dial_report
{
public:
    dial_trace() noexcept { traced = true; }
    dial_trace(const dial_trace&) = delete;
    dial_trace& operator=(const dial_trace&) = delete;

    /// A step has ended. On the executor of the dial, while that is under way.
    virtual void step(dial_step s) = 0;

protected:
    ~dial_trace() = default;
};

/// Who is to hear of the steps of a dial; null: nobody.
inline dial_trace* trace_of(dial_report& report) noexcept
{
    return report.traced ? static_cast<dial_trace*>(&report) : nullptr;
}

/// What an endpoint is given for one dial. Cheap to copy; an endpoint's operation keeps a copy.
struct dial_context
{
    asio::any_io_executor executor;          ///< All handlers run here; the stream is made on it.
    holdfast::clock* clock = nullptr;        ///< For staggers and time-outs.
    holdfast::resolver* resolver = nullptr;  ///< For names.
    time_point deadline = time_point::max(); ///< When the whole attempt is given up, by its owner.
    std::uint32_t attempt = 1;               ///< The number of the attempt, from 1.
    dial_report* report = nullptr; ///< Never null; lives until the handler is called or destroyed.
};

namespace detail
{
struct any_dial_handler // an archetype: what the concept below tries the endpoint with
{
    template <class... Args>
    void operator()(Args&&...)
    {
    }
};
}

/// How to reach a peer: a value, without an executor, that can be dialled any number of times.
///
/// `e.async_connect(context, token)` completes with `void(error_code, E::stream_type)`, once, on
/// the handler's associated executor, by default `context.executor`, and never inside that call. It
/// may be cancelled (all types): it then ends promptly with `operation_aborted`, in each phase, and
/// closes every socket it opened. It tells each phase to `context.report`. It completes only when
/// every layer of it is up. `to_string(e)` gives its description, without secrets.
template <class E>
concept endpoint = std::copy_constructible<E> && requires(const E& e, const dial_context& context) {
    typename E::stream_type;
    e.async_connect(context, detail::any_dial_handler{});
    { to_string(e) } -> std::convertible_to<std::string>;
};

/// Tells an endpoint that an attempt on it has failed, in whatever phase, or that a connection was
/// lost: what it remembers (which address, which of several servers) may be at fault.
///
/// A service does so. An endpoint that remembers something, or knows one that may, has a member
/// `failed(const failure&, resolver& names) const noexcept`; others hear nothing.
template <endpoint E>
void tell_failed(const E& e, const failure& why, resolver& names) noexcept
{
    if constexpr (requires { e.failed(why, names); })
        e.failed(why, names);
}
}

#endif
