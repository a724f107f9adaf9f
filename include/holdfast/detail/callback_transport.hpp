// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_CALLBACK_TRANSPORT_HPP
#define HOLDFAST_DETAIL_CALLBACK_TRANSPORT_HPP

#include <holdfast/protocols/callback_protocol.hpp>

#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <new>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::detail
{
namespace asio = boost::asio;

/// Runs a callback protocol on a stream, as a part of the attempt that owns both.
///
/// An idle connection holds no buffer but the few bytes that its pending read needs. The buffer
/// grows, in two steps, when a read has filled it, and shrinks when a read would have fitted into a
/// smaller one.
template <class Stream, class Owner>
class callback_transport final : public transport
{
public:
    callback_transport(Stream stream, callback_protocol& p, Owner& owner)
        : stream_(std::move(stream))
        , protocol_(p)
        , owner_(owner)
    {
    }

    /// Runs the protocol; once. The owner's `callbacks_ended` is called, after `lost`, never within
    /// this call.
    void run()
    {
        guarded([this] { protocol_.made(*this); });
        read();
    }

    void write(std::string_view bytes) override
    {
        if (ended_ || closing_ || no_more_ || bytes.empty())
            return;
        if (!out_ || (out_->sending.empty() && out_->waiting.empty()))
            bytes.remove_prefix(write_at_once(bytes));
        if (bytes.empty() || ended_)
            return;
        if (!out_)
            out_ = std::make_unique<outbox>();
        out_->waiting += bytes;
        send();
        if (!out_->paused && unsent() > protocol_.write_limit())
        {
            out_->paused = true;
            guarded([this] { protocol_.write_paused(); });
        }
    }

    std::size_t unsent() const noexcept override
    {
        return out_ ? out_->sending.size() + out_->waiting.size() : 0;
    }

    void pause_reading() noexcept override { paused_ = true; }

    void resume_reading() override
    {
        paused_ = false;
        read();
    }

    void shutdown_send() override
    {
        if (!std::exchange(no_more_, true) && unsent() == 0)
            shut();
    }

    void close() noexcept override
    {
        closing_ = true;
        if (unsent() == 0)
            end({}, nullptr);
    }

    void abort() noexcept override { end(asio::error::connection_aborted, nullptr); }

private:
    static constexpr std::size_t small_size = 32;
    static constexpr std::size_t medium_size = 2048;
    static constexpr std::size_t large_size = 65536;

    struct outbox // exists once something could not be sent at once
    {
        std::string sending; // what the pending write sends
        std::string waiting; // what comes after it
        bool paused = false; // the protocol was told so
    };

    struct read_handler
    {
        boost::intrusive_ptr<Owner> keep;
        callback_transport* self;
        void operator()(error_code ec, std::size_t n) const { self->have_read(ec, n); }
    };

    struct write_handler
    {
        boost::intrusive_ptr<Owner> keep;
        callback_transport* self;
        void operator()(error_code ec, std::size_t) const { self->have_written(ec); }
    };

    void read()
    {
        if (reading_ || paused_ || ended_ || received_all_)
            return;
        reading_ = true;
        stream_.async_read_some(asio::buffer(bytes(), size_), read_handler{owner_.self(), this});
    }

    char* bytes() noexcept { return grown_ ? grown_.get() : small_.data(); }

    void have_read(error_code ec, std::size_t n)
    {
        reading_ = false;
        if (ended_)
            return finish_when_idle();
        if (n != 0)
        {
            guarded([&] { protocol_.received({bytes(), n}); });
        }
        if (ec)
            return read_ended(ec);
        fit(n);
        read();
    }

    /// Chooses the size of the next read by that of the last.
    void fit(std::size_t n)
    {
        const auto wanted = n < small_size    ? small_size
                            : n < medium_size ? medium_size
                                              : large_size;
        if (wanted == size_)
            return;
        grown_ = nullptr;
        if (wanted != small_size)
            grown_.reset(new (std::nothrow) char[wanted]); // without it, it is only slower
        size_ = grown_ ? static_cast<std::uint32_t>(wanted) : small_size;
    }

    void read_ended(error_code ec)
    {
        received_all_ = true;
        if (ec != asio::error::eof)
            return end(ec, nullptr);
        bool goes_on = false;
        guarded([&] { goes_on = protocol_.receive_ended(); });
        if (!goes_on)
            end({}, nullptr);
    }

    /// Sends what the socket takes now, so that most writes cost no copy and no handler.
    std::size_t write_at_once(std::string_view bytes)
    {
        error_code ec;
        if constexpr (requires { stream_.non_blocking(true, ec); })
        {
            if (!non_blocking_ && stream_.non_blocking(true, ec))
                return 0;
            non_blocking_ = true;
            const std::size_t n = stream_.write_some(asio::buffer(bytes), ec);
            if (ec && ec != asio::error::would_block && ec != asio::error::try_again)
                end(ec, nullptr);
            return n;
        }
        return 0;
    }

    void send()
    {
        if (!out_->sending.empty())
            return;
        out_->sending.swap(out_->waiting);
        asio::async_write(stream_, asio::buffer(out_->sending), write_handler{owner_.self(), this});
    }

    void have_written(error_code ec)
    {
        out_->sending.clear();
        if (ended_)
            return finish_when_idle();
        if (ec)
            return end(ec, nullptr);
        if (!out_->waiting.empty())
            return send();
        const bool was_paused = out_->paused;
        out_ = nullptr;
        if (was_paused)
            guarded([this] { protocol_.write_resumed(); });
        if (unsent() != 0 || ended_)
            return;
        if (closing_)
            end({}, nullptr);
        else if (no_more_)
            shut();
    }

    void shut()
    {
        error_code ec; // a socket that is not connected any more tells the reader too
        if constexpr (requires { stream_.shutdown(Stream::shutdown_send, ec); })
            stream_.shutdown(Stream::shutdown_send, ec);
        else if constexpr (requires { stream_.shutdown_send(ec); })
            stream_.shutdown_send(ec);
    }

    /// Calls user code: what it throws ends the connection.
    template <class F>
    void guarded(F f) noexcept
    {
        if (ended_)
            return;
        try
        {
            f();
        }
        catch (...)
        {
            end({}, std::current_exception());
        }
    }

    /// The connection is over: the first reason stands.
    void end(error_code ec, std::exception_ptr thrown) noexcept
    {
        if (std::exchange(ended_, true))
            return;
        owner_.callbacks_fail(ec, std::move(thrown)); // while the socket can still be asked
        error_code ignored;                           // it is closed, one way or another
        stream_.close(ignored);
        // Never from inside the call of whoever ended it.
        asio::post(stream_.get_executor(), [keep = owner_.self(), this] { finish_when_idle(); });
    }

    void finish_when_idle()
    {
        if (reading_ || unsent_pending() || std::exchange(finished_, true))
            return;
        try
        {
            protocol_.lost(owner_.cause()->code);
        }
        catch (...) // the reason of the loss is known already, and stands
        {
        }
        owner_.callbacks_ended();
    }

    bool unsent_pending() const noexcept { return out_ && !out_->sending.empty(); }

    Stream stream_;
    callback_protocol& protocol_;
    Owner& owner_;
    std::unique_ptr<outbox> out_;
    std::unique_ptr<char[]> grown_; // null while the small buffer does
    std::array<char, small_size> small_;
    std::uint32_t size_ = small_size; // of the buffer that reads go to
    bool non_blocking_ = false;
    bool reading_ = false;
    bool paused_ = false;
    bool received_all_ = false;
    bool no_more_ = false;
    bool closing_ = false;
    bool ended_ = false;
    bool finished_ = false;
};
}

#endif
