// SPDX-License-Identifier: BSL-1.0
#include "control_session.hpp"

#include "control_answer.hpp"
#include "error.hpp"

#include <fmt/format.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/write.hpp>

#include <algorithm>
#include <chrono>
#include <utility>

namespace tool
{
namespace
{
double seconds(hf::duration d)
{
    return std::chrono::duration<double>(d).count();
}
}

control_session::control_session(asio::local::stream_protocol::socket socket,
                                 control_setting& setting)
    : socket_(std::move(socket))
    , setting_(setting)
    , timer_(setting.clock, socket_.get_executor(),
             [this]
             {
                 const auto self = shared_from_this();
                 ran_out();
             })
{
}

void control_session::begin()
{
    wait_for_line();
    next();
}

void control_session::end()
{
    if (!std::exchange(open_, false))
        return;
    timer_.disarm();
    error_code ignored; // there is nothing to do about it
    static_cast<void>(socket_.close(ignored));
    setting_.ended(*this);
}

void control_session::tell(const std::shared_ptr<const std::string>& line)
{
    behind_ = writing_;
    if (open_ && !writing_)
        write(line);
}

/// Takes the next line, or reads on until there is one.
void control_session::next()
{
    if (watches_ && !in_.empty())
        return refuse("a client that watches can ask nothing more; use another connection");
    const auto end = in_.find('\n');
    if (std::min(end, in_.size()) > setting_.limits.line_max)
        return refuse(
            fmt::format("a request has at most {} bytes, this has more", setting_.limits.line_max));
    if (end == std::string::npos)
        return read();
    const auto line = in_.substr(0, end);
    in_.erase(0, end + 1);
    take(line);
}

void control_session::read()
{
    reading_ = true;
    socket_.async_read_some(asio::buffer(bytes_),
                            [self = shared_from_this()](error_code ec, std::size_t n)
                            { self->received(ec, n); });
}

void control_session::received(error_code ec, std::size_t n)
{
    reading_ = false;
    if (!open_ || ending_)
        return;
    if (ec)
        return end();
    if (in_.empty() && !watches_)
        timer_.arm(setting_.clock.now() + setting_.limits.line_time);
    in_.append(bytes_.data(), n);
    next();
}

void control_session::take(std::string_view line)
{
    auto said = answer(setting_.services, line);
    if (!open_)
        return; // the server went away with what was asked for
    watches_ = said.watches;
    write(std::make_shared<const std::string>(std::move(said.line) + '\n'));
}

void control_session::refuse(std::string_view problem)
{
    ending_ = true;
    if (!writing_)
        write(std::make_shared<const std::string>(error_line(problem) + '\n'));
}

void control_session::write(std::shared_ptr<const std::string> line)
{
    writing_ = true;
    timer_.arm(setting_.clock.now() + setting_.limits.write_time);
    const auto buffer = asio::buffer(*line);
    asio::async_write(socket_, buffer,
                      [self = shared_from_this(),
                       line = std::move(line)](error_code ec, std::size_t) { self->written(ec); });
}

void control_session::written(error_code ec)
{
    writing_ = false;
    if (!open_)
        return;
    if (ec || ending_)
        return end();
    timer_.disarm();
    if (behind_)
        setting_.behind();
    if (!watches_)
        wait_for_line();
    if (!reading_)
        next();
}

void control_session::wait_for_line()
{
    const auto& limits = setting_.limits;
    timer_.arm(setting_.clock.now() + (in_.empty() ? limits.idle_time : limits.line_time));
}

void control_session::ran_out()
{
    const auto& limits = setting_.limits;
    if (writing_)
    {
        setting_.log(fmt::format("control: a client was dropped that took no line for {:g} s",
                                 seconds(limits.write_time)));
        end();
    }
    else if (in_.empty())
        refuse(fmt::format("nothing was asked for {:g} s", seconds(limits.idle_time)));
    else
        refuse(fmt::format("a request was not complete after {:g} s", seconds(limits.line_time)));
}
}
