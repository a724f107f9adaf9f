// SPDX-License-Identifier: BSL-1.0
#include "visitor.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/error.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/status.hpp>
#include <fmt/chrono.h>
#include <fmt/format.h>

#include <array>
#include <ctime>
#include <optional>
#include <string_view>
#include <utility>

namespace tool
{
namespace http = boost::beast::http;

namespace
{
constexpr auto in_tuple = asio::as_tuple(asio::use_awaitable);

using request_parser = http::request_parser<http::empty_body>;

/// What is answered to bytes that are no request; nothing if nobody is there to read it.
std::optional<page_answer> answer_to(hf::error_code ec)
{
    if (ec == http::error::header_limit || ec == http::error::buffer_overflow)
        return refusal(431, "the header of the request is longer than 8 KiB");
    if (ec == http::error::body_limit || ec == http::error::unexpected_body)
        return refusal(413, "the request has a body, and none is expected");
    if (ec.category() != make_error_code(http::error::bad_method).category() ||
        ec == http::error::end_of_stream || ec == http::error::partial_message)
        return std::nullopt;
    return refusal(400, "this is no request of HTTP/1.1 or HTTP/1.0");
}

/// What is wrong with a request that can be read, before it is looked at what it asks for.
std::optional<page_answer> objection(const request_parser& p)
{
    const auto& header = p.get();
    if (header.count(http::field::host) > 1 ||
        (header.version() == 11 && header.count(http::field::host) == 0))
        return refusal(400, "the request has no field Host, or more than one");
    if (p.chunked() || p.content_length().value_or(0) > 0)
        return refusal(413, "the request has a body, and none is expected");
    return std::nullopt;
}

std::string head_of(const page_answer& a, bool keep)
{
    const auto status = http::int_to_status(a.status);
    auto head = fmt::format(
        "HTTP/1.1 {} {}\r\nDate: {:%a, %d %b %Y %H:%M:%S} GMT\r\nContent-Type: {}\r\n", a.status,
        std::string_view(http::obsolete_reason(status)), fmt::gmtime(std::time(nullptr)), a.type);
    if (!a.watch)
        head += fmt::format("Content-Length: {}\r\n", a.body.size());
    head += keep ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
    return head + a.fields +
           "Cache-Control: no-store\r\n"
           "X-Content-Type-Options: nosniff\r\n"
           "Referrer-Policy: no-referrer\r\n"
           "Cross-Origin-Opener-Policy: same-origin\r\n"
           "Cross-Origin-Resource-Policy: same-origin\r\n\r\n";
}
}

/// A request, and how it is answered.
struct visitor::question
{
    std::optional<page_answer> answer{}; // none: nobody is there
    bool head_only = false;
    bool keep = false;
};

visitor::visitor(visitors::socket s, std::shared_ptr<visitors> among)
    : socket_(std::move(s))
    , among_(std::move(among))
    , clock_(among_->clock_)
{
}

visitor::~visitor()
{
    close();
}

void visitor::serve()
{
    asio::co_spawn(
        socket_.get_executor(), [self = shared_from_this()]() { return self->answer_all(); },
        asio::detached);
}

void visitor::refuse()
{
    asio::co_spawn(
        socket_.get_executor(),
        [self = shared_from_this()]() -> asio::awaitable<void>
        {
            auto busy = refusal(503, "too many look at this at once; try again later");
            busy.fields = "Retry-After: 5\r\n";
            self->give_time(visitors::farewell_max);
            if (co_await self->write(busy, true, false))
                co_await self->say_farewell();
            self->close();
        },
        asio::detached);
}

void visitor::close() noexcept
{
    if (!std::exchange(open_, false))
        return;
    clock_.disarm(*this);
    hf::error_code ignored; // it is closed all the same
    ignored = socket_.close(ignored);
    among_->present_.erase(this);
    among_->feed_->remove(this);
}

asio::awaitable<void> visitor::answer_all()
{
    for (bool first = true;; first = false)
    {
        if (!first && received_.size() == 0)
        {
            give_time(visitors::idle_max);
            const auto [ec] = co_await socket_.async_wait(visitors::socket::wait_read, in_tuple);
            if (ec)
                break;
        }
        give_time(visitors::request_max);
        const auto q = co_await read();
        if (!q.answer)
            break;
        give_time(visitors::answer_max);
        const bool watching = q.answer->watch && !q.head_only;
        if (!co_await write(*q.answer, !q.head_only, q.keep))
            break;
        if (watching)
            co_return watch();
        if (!q.keep)
        {
            co_await say_farewell();
            break;
        }
    }
    close();
}

asio::awaitable<visitor::question> visitor::read()
{
    request_parser parser; // what it reads is limited by the buffer
    const auto [ec, n] = co_await http::async_read_header(socket_, received_, parser, in_tuple);
    if (!open_)
        co_return question();
    if (ec)
        co_return question{.answer = answer_to(ec)};
    if (auto refused = objection(parser))
        co_return question{.answer = std::move(refused)};
    const auto& header = parser.get();
    page_request r{.method = header.method_string(),
                   .target = header.target(),
                   .authorization = header[http::field::authorization],
                   .accept = header[http::field::accept]};
    if (const auto host = header.find(http::field::host); host != header.end())
        r.host = host->value();
    question q{.answer = among_->site_.answer(r),
               .head_only = header.method() == http::verb::head,
               .keep = header.keep_alive()};
    if (q.answer->watch)
        q.keep = false;
    if (q.answer->watch && !q.head_only && !among_->feed_->add(shared_from_this()))
        q.answer = refusal(503, "too many watch this at once; try again later");
    co_return q;
}

/// False if that failed, or it was closed.
asio::awaitable<bool> visitor::write(const page_answer& a, bool body, bool keep)
{
    const auto head = head_of(a, keep);
    const std::array both{asio::buffer(head), asio::buffer(body ? a.body : std::string_view())};
    const auto [ec, n] = co_await asio::async_write(socket_, both, in_tuple);
    co_return !ec && open_;
}

/// Has the peer read the answer before it is told that nobody reads what it still sends.
asio::awaitable<void> visitor::say_farewell()
{
    give_time(visitors::farewell_max);
    hf::error_code ec;
    ec = socket_.shutdown(visitors::socket::shutdown_send, ec);
    std::array<char, 1024> dropped;
    for (int reads = 0; reads < 64 && !ec; ++reads)
    {
        const auto [failed, n] = co_await socket_.async_read_some(asio::buffer(dropped), in_tuple);
        ec = failed;
    }
}

/// From now on it is told of events. It has nothing more to say: what comes is its end.
void visitor::watch()
{
    if (pushes_.empty())
        clock_.disarm(*this);
    else
        push_next();
    socket_.async_wait(visitors::socket::wait_read,
                       [self = shared_from_this()](hf::error_code) { self->close(); });
}

void visitor::tell(const std::shared_ptr<const std::string>& push)
{
    if (pushes_.size() >= visitors::pushes_max)
        return close();
    pushes_.push_back(push);
    if (pushes_.size() == 1)
        push_next();
}

void visitor::push_next()
{
    give_time(visitors::answer_max);
    asio::async_write(socket_, asio::buffer(*pushes_.front()),
                      [self = shared_from_this()](hf::error_code ec, std::size_t)
                      {
                          if (ec || !self->open_)
                              return self->close();
                          self->pushes_.pop_front();
                          if (!self->pushes_.empty())
                              return self->push_next();
                          self->clock_.disarm(*self);
                      });
}

void visitor::give_time(hf::duration d)
{
    if (open_)
        clock_.arm(*this, clock_.now() + d, ++deadline_);
}

void visitor::expired()
{
    asio::post(socket_.get_executor(),
               [weak = weak_from_this(), which = number()]
               {
                   const auto self = weak.lock();
                   if (self && self->deadline_ == which)
                       self->close();
               });
}
}
