// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TESTING_FLAKY_SERVER_HPP
#define HOLDFAST_TESTING_FLAKY_SERVER_HPP

#include <holdfast/clock.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/ip/address.hpp>

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <memory>
#include <string>
#include <string_view>

namespace holdfast::testing
{
/// What a `flaky_server` does with one connection. The functions give the usual ones, and any
/// member can be set on top.
///
/// It accepts, sends `greeting`, and reads (and answers) until the ending comes: when `end_after`
/// has passed or when `end_after_bytes` have been read, whichever is first. With no limit but
/// `end_after` at zero that is at once.
struct serve_step
{
    enum class ending
    {
        none,  ///< Goes on until the client or the server ends it.
        close, ///< Closes it in good order.
        /// Closes it the hard way: the client sees `connection_reset`. A Unix socket knows that
        /// only where something was left unread.
        reset,
        half_close, ///< Ends the sending, and goes on reading.
    };

    duration accept_after{}; ///< How long it waits with accepting. The client is connected already.
    std::string greeting{};  ///< Sent first.
    bool reads = true;       ///< Else what the client sends is left to fill up its buffers.
    bool echoes = false;     ///< Sends back what it reads.
    ending end = ending::none;
    duration end_after{};
    std::size_t end_after_bytes = std::numeric_limits<std::size_t>::max();

    /// Sends back what it reads, for good.
    static serve_step echo() { return {.echoes = true}; }

    /// Accepts, and never reads nor answers.
    static serve_step stall() { return {.reads = false}; }

    /// Sends `text`, and then only reads.
    static serve_step send(std::string text) { return {.greeting = std::move(text)}; }

    /// Closes in good order, at once or after a while.
    static serve_step close(duration after = {})
    {
        return {.end = ending::close, .end_after = after};
    }

    /// Closes in good order once `bytes` have been read.
    static serve_step close_after_bytes(std::size_t bytes)
    {
        return {.end = ending::close, .end_after = duration::max(), .end_after_bytes = bytes};
    }

    /// Resets the connection, at once or after a while.
    static serve_step reset(duration after = {})
    {
        return {.end = ending::reset, .end_after = after};
    }

    /// Ends its sending, at once or after a while, and goes on reading.
    static serve_step half_close(duration after = {})
    {
        return {.end = ending::half_close, .end_after = after};
    }
};

/// How a `flaky_server` is made.
struct flaky_server_options
{
    /// For all that happens after a while; null: the clock of the context.
    holdfast::clock* clock = nullptr;

    /// Where it listens, with a free port of its own.
    asio::ip::address address = asio::ip::make_address("127.0.0.1");

    /// If not empty, it listens on this Unix socket instead. The file is removed at its end.
    std::string path{};

    /// How many connections it holds at most; further ones are not accepted until one ends.
    std::size_t connections_max = 1000;
};

/// A real server on this machine, over TCP or a Unix socket, that misbehaves as it is told.
///
/// It listens from the start. All its sockets are closed when it is destroyed.
///
/// @par Thread safety
/// From one thread at a time, and from the executor while that runs.
///
/// @par Lifetime
/// Destroy it before its context.
///
/// @par Example
/// @code
/// testing::flaky_server server(executor, {serve_step::reset(), serve_step::close(5s)});
/// // ... a client dials 127.0.0.1:server.port() ...
/// server.stop_listening(); // from now on the client is refused
/// server.listen();         // on the same port
/// @endcode
class flaky_server
{
public:
    /// A server whose first connections are served by `steps`, in order.
    /// Throws `boost::system::system_error` if it cannot listen.
    explicit flaky_server(asio::any_io_executor executor,
                          std::initializer_list<serve_step> steps = {},
                          flaky_server_options options = {});
    flaky_server(const flaky_server&) = delete;
    flaky_server& operator=(const flaky_server&) = delete;
    ~flaky_server();

    /// Has the connection after all those that have a step be served by `step`.
    flaky_server& then(serve_step step);

    /// Has every connection for which the script has no step be served by `step`. At first that is
    /// to echo.
    flaky_server& otherwise(serve_step step);

    /// The port it has, listening or not. Zero for a Unix socket.
    std::uint16_t port() const noexcept;

    /// Listens no more, and keeps the port: whoever connects is refused. Connections go on.
    void stop_listening();

    /// Listens again, on the same port or path. Does nothing if it listens.
    void listen();

    /// Closes all connections, in good order.
    void close_connections();

    /// Resets all connections.
    void reset_connections();

    /// Sends `text` on all connections.
    void send(std::string_view text);

    std::size_t accepted() const noexcept;        ///< Connections so far.
    std::size_t connections() const noexcept;     ///< Connections that are open.
    std::size_t connections_max() const noexcept; ///< How many were open at once, at most.

    /// All that was read, on any connection; the first mebibyte of it.
    const std::string& received() const noexcept;

private:
    struct state;
    std::shared_ptr<state> state_;
};
}

#endif
