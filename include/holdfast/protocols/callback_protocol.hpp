// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_PROTOCOLS_CALLBACK_PROTOCOL_HPP
#define HOLDFAST_PROTOCOLS_CALLBACK_PROTOCOL_HPP

#include <holdfast/error.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace holdfast
{
/// What a callback protocol writes to: its side of one connection.
///
/// @par Thread safety
/// From the service's executor only. Every call is legal at any time, from inside any callback too.
///
/// @par Lifetime
/// From `made` until `lost` has returned. Once the connection has ended, calls do nothing.
class transport
{
public:
    transport() = default;
    transport(const transport&) = delete;
    transport& operator=(const transport&) = delete;

    /// Sends `bytes`; what the socket does not take at once is copied and sent in order. There is
    /// no limit to that but `write_paused`. Nothing is sent after `close` or `shutdown_send`, and
    /// an error is told by `lost`.
    virtual void write(std::string_view bytes) = 0;

    /// How many bytes wait to be sent.
    virtual std::size_t unsent() const noexcept = 0;

    /// Stops and goes on with reading: flow control towards the peer. At most what one read took
    /// is still received after a pause.
    virtual void pause_reading() noexcept = 0;
    virtual void resume_reading() = 0;

    /// Tells the peer that nothing more is sent, once all is; reading goes on.
    virtual void shutdown_send() = 0;

    /// Sends what is unsent, then closes. `lost` is called when it has.
    virtual void close() noexcept = 0;

    /// Closes at once; what is unsent is dropped. `lost` is told `connection_aborted`.
    virtual void abort() noexcept = 0;

protected:
    ~transport() = default;
};

/// A protocol written as callbacks, as Twisted's `Protocol` is: derive, override what matters, and
/// give the service a factory that makes one.
///
/// The callbacks run on the service's executor, one at a time. What they throw ends the connection,
/// as a loss with that failure. The order is `made`, then any number of `received`, `write_paused`,
/// `write_resumed`, at most one `receive_ended`, and exactly one `lost`, which is never called from
/// inside a call to the transport.
///
/// @par Lifetime
/// The service keeps it until `lost` has returned, and whoever waited for it as long as he likes.
class callback_protocol
{
public:
    callback_protocol() = default;
    callback_protocol(const callback_protocol&) = delete;
    callback_protocol& operator=(const callback_protocol&) = delete;
    virtual ~callback_protocol() = default;

    /// There is a connection. `t` may be used until `lost` has returned.
    virtual void made(transport& t) = 0;

    /// Bytes came, in order; valid during the call.
    virtual void received(std::string_view bytes) = 0;

    /// The peer has finished sending. True: go on, it can still be written to (half-close). False,
    /// the default: the connection is over.
    virtual bool receive_ended() { return false; }

    /// More than `write_limit()` bytes are unsent: better to write no more for now.
    virtual void write_paused() {}

    /// All was sent after a `write_paused`.
    virtual void write_resumed() {}

    /// When `write_paused` is called, in bytes.
    virtual std::size_t write_limit() const noexcept { return 65536; }

    /// The connection is at its end: success where it was closed in good order.
    virtual void lost(error_code why) { static_cast<void>(why); }
};
}

#endif
