// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_STREAM_HPP
#define HOLDFAST_STREAM_HPP

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/basic_stream_socket.hpp>

#include <cstdint>
#include <utility>

namespace holdfast
{
namespace asio = boost::asio;

/// A string tied to a stream, which follows it wherever it is moved, and by which its owner can
/// read the unsent queue of the socket and close the socket under whoever reads from it.
///
/// The attempt owns one per connection. Neither end outlives the other's use: destroying either
/// unties both.
class stream_link
{
public:
    /// What a stream type offers; one static table per type.
    struct operations
    {
        void (*close)(void* stream) noexcept;
        std::uint32_t (*unacknowledged)(void* stream) noexcept;
        void (*untie)(void* stream) noexcept; ///< The link is going away.

        // For a stream with something behind it that takes its time to end after it was closed,
        // such as a process. It stays tied, wherever the stream is, until that has ended.

        /// Ends it at once, instead of asking it to end; null: as `close`.
        void (*cut_off)(void* stream) noexcept = nullptr;

        /// Calls `told` when it has ended, never within; null: it ends when it is closed. Only for
        /// a stream that is tied after it was closed.
        void (*when_ended)(void* stream, asio::any_completion_handler<void()> told) = nullptr;
    };

    stream_link() = default;
    stream_link(const stream_link&) = delete;
    stream_link& operator=(const stream_link&) = delete;
    ~stream_link() { untie(); }

    /// Whether a stream is tied to it.
    bool tied() const noexcept { return stream_ != nullptr; }

    /// Closes the stream, wherever it is. Operations pending on it complete with
    /// `operation_aborted`. Does nothing if the stream is gone.
    void close() noexcept
    {
        if (stream_ != nullptr)
            operations_->close(stream_);
    }

    /// The same, but what is behind the stream, such as a process, is not asked to end: it is
    /// ended.
    void cut_off() noexcept
    {
        if (stream_ == nullptr)
            return;
        const auto end =
            operations_->cut_off != nullptr ? operations_->cut_off : operations_->close;
        end(stream_);
    }

    /// Whether something is behind the stream, which was closed, that has yet to end.
    bool ending() const noexcept
    {
        return stream_ != nullptr && operations_->when_ended != nullptr;
    }

    /// Calls `told` when that has ended, never within. Only while `ending()`.
    void when_ended(asio::any_completion_handler<void()> told)
    {
        operations_->when_ended(stream_, std::move(told));
    }

    /// Bytes written that the peer's kernel has not acknowledged, or had not when the stream was
    /// destroyed; 0 where that cannot be known.
    std::uint32_t unacknowledged() const noexcept
    {
        return stream_ != nullptr ? operations_->unacknowledged(stream_) : left_;
    }

    /// Lets the stream go.
    void untie() noexcept
    {
        if (stream_ != nullptr)
        {
            operations_->untie(std::exchange(stream_, nullptr));
            left_ = 0;
        }
    }

    /// For stream types: the stream is (now) at `stream`.
    void tie(void* stream, const operations* table) noexcept
    {
        stream_ = stream;
        operations_ = table;
    }

    /// For stream types: the stream is being destroyed, with so much unacknowledged.
    void stream_gone(std::uint32_t unacknowledged) noexcept
    {
        stream_ = nullptr;
        left_ = unacknowledged;
    }

private:
    void* stream_ = nullptr;
    union
    {
        std::uint32_t left_ = 0;       // while no stream is tied
        const operations* operations_; // of the stream
    };
};

namespace detail
{
/// SIOCOUTQ: bytes in the send queue of a socket that were not acknowledged; 0 on error.
std::uint32_t unacknowledged(int descriptor) noexcept;
}

/// A stream socket of Asio that a `stream_link` can follow. Reads and writes are the base's own:
/// the link costs eight bytes and nothing per operation.
template <class Protocol>
class linked_socket : public asio::basic_stream_socket<Protocol>
{
    using base = asio::basic_stream_socket<Protocol>;

public:
    using base::base;

    linked_socket(linked_socket&& other) noexcept
        : base(static_cast<base&&>(other))
        , link_(std::exchange(other.link_, nullptr))
    {
        retie();
    }

    linked_socket& operator=(linked_socket&& other) noexcept
    {
        if (this != &other)
        {
            drop();
            base::operator=(static_cast<base&&>(other));
            link_ = std::exchange(other.link_, nullptr);
            retie();
        }
        return *this;
    }

    ~linked_socket() { drop(); }

    /// Ties this socket to `link`, in place of any earlier one.
    void tie(stream_link& link) noexcept
    {
        drop();
        link.untie();
        link_ = &link;
        retie();
    }

private:
    void drop() noexcept
    {
        if (link_ != nullptr)
            std::exchange(link_, nullptr)
                ->stream_gone(this->is_open() ? detail::unacknowledged(this->native_handle()) : 0);
    }

    void retie() noexcept
    {
        static constexpr stream_link::operations table{
            .close =
                [](void* s) noexcept
            {
                boost::system::error_code ignored; // nothing is left to do about it
                static_cast<linked_socket*>(s)->close(ignored);
            },
            .unacknowledged =
                [](void* s) noexcept
            {
                auto* socket = static_cast<linked_socket*>(s);
                return socket->is_open() ? detail::unacknowledged(socket->native_handle()) : 0U;
            },
            .untie = [](void* s) noexcept { static_cast<linked_socket*>(s)->link_ = nullptr; },
        };
        if (link_ != nullptr)
            link_->tie(this, &table);
    }

    stream_link* link_ = nullptr;
};

/// Ties the lowest layer of `stream` that can be tied to `link`. Does nothing if there is none.
template <class Stream>
void tie(Stream& stream, stream_link& link) noexcept
{
    if constexpr (requires { stream.tie(link); })
        stream.tie(link);
    else if constexpr (requires { stream.next_layer(); })
        holdfast::tie(stream.next_layer(), link);
}
}

#endif
