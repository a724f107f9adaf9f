// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_PROTOCOLS_CALLBACK_PROTOCOL_HPP
#define HOLDFAST_PROTOCOLS_CALLBACK_PROTOCOL_HPP

#include <holdfast/error.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <cstddef>
#include <string>
#include <string_view>

namespace holdfast
{
namespace asio = boost::asio;

/// What a callback protocol writes to: its side of one connection.
///
/// @par Thread safety
/// From the service's executor only. Every call is legal at any time, from inside any callback too.
/// Once the connection is over, by whatever end, calls do nothing.
///
/// @par Lifetime
/// From `made` until `lost` has returned: a protocol that others may call later forgets it there.
class transport
{
public:
    transport() = default;
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;

    /// Where the callbacks run: for the protocol's own timers and the like.
    virtual asio::any_io_executor get_executor() noexcept = 0;

    /// The address of the peer: `192.0.2.1:80`, `[2001:db8::1]:80`, the path of a Unix socket.
    /// Empty if it is not connected any more, or the address is not known.
    virtual std::string peer() const = 0;

    /// Sends `bytes`; what the socket does not take at once is copied and sent in order. There is
    /// no limit to that but what `write_paused` tells. After `shutdown_send` or `close` it does
    /// nothing.
    virtual void write(std::string_view bytes) = 0;

    /// How many bytes wait to be sent. Once the connection is over: about how many never were.
    virtual std::size_t unsent() const noexcept = 0;

    /// Stops and goes on with reading: flow control towards the peer. At most what one read took,
    /// or the end of it, is still received after a pause.
    virtual void pause_reading() noexcept = 0;
    virtual void resume_reading() noexcept = 0;

    /// Tells the peer that nothing more is sent, once all is; reading goes on. When the peer has
    /// finished too the connection is over. A stream that cannot be ended one way (TLS) tells
    /// nothing.
    virtual void shutdown_send() noexcept = 0;

    /// Sends what is unsent, then closes. From here on nothing is received: what still comes is
    /// dropped. A peer that never reads can hold that up, though not beyond the service's
    /// `stop_timeout` once that stops; see `abort`.
    virtual void close() noexcept = 0;

    /// Ends at once, as a loss with `connection_aborted`. What is unsent is dropped, and a peer on
    /// TCP sees a reset, lest it takes what it got for the whole.
    virtual void abort() noexcept = 0;

protected:
    ~transport() = default;
};

/// A protocol written as callbacks, as Twisted's `Protocol` is: derive, override what matters, and
/// give the service a factory that makes one.
///
/// The callbacks run on the service's executor, one at a time, though `write_paused` runs within
/// the call of `write` that it is about. What they throw ends the connection, as a loss with that
/// failure. The order is `made`, then any number of `received`, `write_paused`, `write_resumed`, at
/// most one `receive_ended`, and exactly one `lost`.
///
/// @par Lifetime
/// The service holds it until `lost` has returned. When the executor's context is destroyed before,
/// nothing more is called.
class callback_protocol
{
public:
    callback_protocol() = default;
    callback_protocol(const callback_protocol&) = delete;
    callback_protocol& operator=(const callback_protocol&) = delete;
    virtual ~callback_protocol() = default;

    /// There is a connection. See `transport` for how long `t` may be used.
    virtual void made(transport& t) = 0;

    /// Bytes came, in order; valid during the call.
    virtual void received(std::string_view bytes) = 0;

    /// The peer has finished sending. True: go on, it can still be written to (half-close). False,
    /// the default: the connection is over, and what is unsent is dropped.
    virtual bool receive_ended() { return false; }

    /// More than `write_limit()` bytes are unsent: better to write no more for now. Called once,
    /// until `write_resumed`.
    virtual void write_paused() {}

    /// All was sent after a `write_paused`.
    virtual void write_resumed() {}

    /// When `write_paused` is called, in bytes.
    virtual std::size_t write_limit() const noexcept { return 65536; }

    /// The connection is at its end, and all calls of the transport do nothing any more. Called
    /// from the executor, never from inside a call that ended the connection.
    ///
    /// `why` is success where it was closed in good order by either side, which includes a service
    /// that was stopped or destroyed (before it was prepared that is `eof`); `connection_aborted`
    /// after `abort`; `operation_aborted` where the service cut it off with bytes unsent, after
    /// `stop_timeout` or because it was destroyed; where a callback threw, the error within that
    /// or `errc::exception_thrown`; else what the network told. What `lost` throws is dropped.
    virtual void lost(error_code why) { static_cast<void>(why); }
};
}

#endif
