// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_DETAIL_CALLBACK_TRANSPORT_HPP
#define HOLDFAST_DETAIL_CALLBACK_TRANSPORT_HPP

#include <holdfast/clock.hpp>
#include <holdfast/detail/read_buffer.hpp>
#include <holdfast/detail/reserved_post.hpp>
#include <holdfast/detail/stream_layers.hpp>
#include <holdfast/protocols/callback_protocol.hpp>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/error.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <boost/smart_ptr/intrusive_ptr.hpp>

#include <cstddef>
#include <exception>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace holdfast::detail
{
namespace asio = boost::asio;

/// Runs a callback protocol on a stream, as a part of the attempt that owns both.
///
/// An idle connection holds no buffer but the few bytes that its pending read needs. The owner
/// has `callbacks()`, which is the protocol. It is told why it ends by `callbacks_fail`, at once
/// and calling nobody else, and by `callbacks_ended` that it has: after `lost`, and never within a
/// call.
template <class Stream, class Owner>
class callback_transport final : public transport
{
public:
    callback_transport(Stream stream, Owner& owner) : stream_(std::move(stream)), owner_(owner) {}

    /// Runs the protocol; once. Throws where there is no memory to begin.
    void run()
    {
        keep_outbox();
        guarded([this] { protocol().made(*this); });
        read();
        drop_outbox();
    }

    /// Ends it for the service, which has waited long enough or is being destroyed.
    void cut_off() noexcept { end(asio::error::operation_aborted, nullptr, farewell::reset); }

    asio::any_io_executor get_executor() noexcept override { return stream_.get_executor(); }
    std::string peer() const override { return peer_text(stream_); }

    void write(std::string_view bytes) override
    {
        if (ended_ || closing_ || no_more_)
            return;
        if (unsent() == 0)
            bytes.remove_prefix(write_at_once(bytes));
        if (bytes.empty() || ended_)
            return;
        guarded(
            [&]
            {
                keep_outbox();
                out_->waiting += bytes;
            });
        if (ended_)
            return;
        send();
        if (!ended_ && !out_->paused && unsent() > protocol().write_limit())
        {
            out_->paused = true;
            guarded([this] { protocol().write_paused(); });
        }
    }

    std::size_t unsent() const noexcept override
    {
        return out_ ? out_->sending.size() + out_->waiting.size() : 0;
    }

    void pause_reading() noexcept override { paused_ = true; }

    void resume_reading() noexcept override
    {
        paused_ = false;
        read();
    }

    void shutdown_send() noexcept override
    {
        no_more_ = true;
        have_sent();
    }

    void close() noexcept override
    {
        closing_ = true;
        have_sent();
        read(); // a peer that cannot get rid of what it sends might never take what we do
    }

    void abort() noexcept override
    {
        end(asio::error::connection_aborted, nullptr, farewell::reset);
    }

private:
    enum class farewell
    {
        close, // in good order: the kernel sends what it has taken
        reset, // so that the peer can tell that something may be missing
    };

    /// Exists while something could not be sent at once, and while nothing is pending: then it has
    /// what it takes to tell the end, whoever brings that about, however little memory there is.
    struct outbox final : clock::timer
    {
        explicit outbox(callback_transport& t) noexcept : self(t) {}
        ~outbox() { self.owner_.my_clock().disarm(*this); }

        void post_end() noexcept
        {
            try
            {
                post_reserved(room, self.stream_.get_executor(), end_handler{self.owner_.self()});
            }
            catch (...) // an executor that takes no reserved memory: the clock tries again
            {
                kept = self.owner_.self();
                self.owner_.my_clock().arm(*this, self.owner_.my_clock().now());
            }
        }

        void expired() override
        {
            asio::post(self.stream_.get_executor(), end_handler{self.owner_.self()});
        }

        void dropped() noexcept override { const auto gone = std::move(kept); }

        callback_transport& self;
        std::string sending; // what the pending write sends
        std::string waiting; // what comes after it
        bool paused = false; // the protocol was told so
        reserved_memory<sizeof(void*) + post_overhead> room;
        boost::intrusive_ptr<Owner> kept;
    };

    struct end_handler
    {
        boost::intrusive_ptr<Owner> keep;
        void operator()() const { keep->callbacks_transport().told_end(); }
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

    callback_protocol& protocol() const noexcept { return owner_.callbacks(); }

    void read() noexcept
    {
        if (!attending_)
            begin_read();
    }

    void begin_read() noexcept
    {
        if (reading_ || received_all_ || (paused_ && !closing_))
            return;
        guarded(
            [this]
            {
                stream_.async_read_some(asio::buffer(buffer_.data(), buffer_.size()),
                                        read_handler{owner_.self(), this});
                reading_ = true;
            });
    }

    // It still counts as reading while the protocol is called: a resume from inside must not
    // overwrite what is looked at.
    void have_read(error_code ec, std::size_t n) noexcept
    {
        attending_ = true;
        reading_ = false;
        if (n != 0 && !closing_)
            guarded([&] { protocol().received({buffer_.data(), n}); });
        if (ec && !ended_)
            read_ended(ec);
        if (!ec)
            buffer_.fit(n);
        begin_read();
        if (reading_)
            drop_outbox();
        else if (!writing_)
            guarded([this] { keep_outbox(); });
        attending_ = false;
        if (ended_)
            finish_when_idle();
    }

    void keep_outbox()
    {
        if (out_ == nullptr)
            out_ = std::make_unique<outbox>(*this);
    }

    /// Where the pending read will tell the end it is not needed.
    void drop_outbox() noexcept
    {
        if (reading_ && !writing_ && unsent() == 0)
            out_ = nullptr;
    }

    void read_ended(error_code ec) noexcept
    {
        if (ec != asio::error::eof)
            return end(ec, nullptr);
        received_all_ = true;
        bool goes_on = closing_; // then what is unsent is still to be sent
        if (!goes_on)
            guarded([&] { goes_on = protocol().receive_ended() || closing_; });
        if (!goes_on)
            return end({}, nullptr);
        have_sent(); // it may have been over on this side already
    }

    /// Sends what the socket takes now, so that most writes cost no copy and no handler.
    std::size_t write_at_once(std::string_view bytes) noexcept
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

    void send() noexcept
    {
        if (writing_)
            return;
        out_->sending.swap(out_->waiting);
        guarded(
            [this]
            {
                asio::async_write(stream_, asio::buffer(out_->sending),
                                  write_handler{owner_.self(), this});
                writing_ = true;
            });
    }

    void have_written(error_code ec) noexcept
    {
        writing_ = false;
        if (ended_)
            return finish_when_idle();
        if (ec)
            return end(ec, nullptr);
        out_->sending.clear();
        if (!out_->waiting.empty())
            return send();
        const bool was_paused = std::exchange(out_->paused, false);
        drop_outbox();
        if (was_paused)
            guarded([this] { protocol().write_resumed(); });
        have_sent();
    }

    /// Does what was put off until all is sent.
    void have_sent() noexcept
    {
        if (ended_ || unsent() != 0)
            return;
        if (closing_)
            return end({}, nullptr);
        if (!no_more_)
            return;
        if (!std::exchange(shut_, true))
        {
            error_code ignored; // a socket that is not connected any more tells the reader too
            detail::shutdown_send(stream_, ignored);
        }
        if (received_all_) // nothing can happen on it any more
            end({}, nullptr);
    }

    /// Calls user code, unless it is over: what that throws ends the connection.
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
    void end(error_code ec, std::exception_ptr thrown, farewell how = farewell::close) noexcept
    {
        if (std::exchange(ended_, true))
            return;
        owner_.callbacks_fail(ec, std::move(thrown)); // while the socket can still be asked
        if (how == farewell::reset)
            reset_stream(stream_);
        else
            close_stream(stream_);
        // Never from inside the call of whoever ended it. What is pending tells it.
        if (!reading_ && !writing_ && !attending_)
            out_->post_end();
    }

    void told_end() noexcept
    {
        if (out_ != nullptr)
            out_->kept = nullptr; // the caller keeps it
        finish_when_idle();
    }

    void finish_when_idle() noexcept
    {
        if (reading_ || writing_ || attending_ || std::exchange(finished_, true))
            return;
        try
        {
            protocol().lost(owner_.cause()->code);
        }
        catch (...) // the reason of the loss is known already, and stands
        {
        }
        owner_.callbacks_ended();
    }

    Stream stream_;
    Owner& owner_;
    std::unique_ptr<outbox> out_;
    [[no_unique_address]] read_buffer buffer_; // the flags lie in what is left of its last word
    bool no_more_ : 1 = false;                 // the protocol sends nothing more
    bool closing_ : 1 = false;                 // it ends as soon as all is sent
    bool paused_ : 1 = false;
    bool reading_ : 1 = false;
    bool attending_ : 1 = false; // a read is dealt with, which then tells what is to be told
    bool writing_ : 1 = false;
    bool received_all_ : 1 = false;
    bool non_blocking_ : 1 = false;
    bool shut_ = false;
    bool ended_ = false;
    bool finished_ = false;
};
}

#endif
