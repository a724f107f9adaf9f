// SPDX-License-Identifier: BSL-1.0
#include "http_connect_dialogue.hpp"

#include "../quoted.hpp"

#include <boost/beast/http/empty_body.hpp>
#include <boost/beast/http/field.hpp>
#include <boost/beast/http/parser.hpp>

#include <algorithm>

namespace holdfast::detail
{
namespace
{
namespace http = boost::beast::http;

constexpr std::string_view header_end = "\r\n\r\n";
constexpr std::string_view header_begin = "HTTP/1.";
constexpr std::size_t header_min = std::string_view("HTTP/1.1 200 \r\n\r\n").size();

std::string base64(std::string_view text)
{
    constexpr std::string_view digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
                                        "0123456789+/";
    std::string line;
    for (std::size_t at = 0; at < text.size(); at += 3)
    {
        const auto group = text.substr(at, 3);
        unsigned bits = 0;
        for (std::size_t i = 0; i < 3; ++i)
            bits = bits << 8 | (i < group.size() ? static_cast<unsigned char>(group[i]) : 0U);
        for (std::size_t i = 0; i < 4; ++i)
            line += i <= group.size() ? digits[bits >> (18 - 6 * i) & 63] : '=';
    }
    return line;
}

/// How many bytes `header` must still have.
std::size_t missing(std::string_view header)
{
    auto matched = header_end.size();
    while (!header.ends_with(header_end.substr(0, matched)))
        --matched;
    const auto to_the_end = header_end.size() - matched;
    return std::max(to_the_end, header_min - std::min(header_min, header.size()));
}

/// Whether the last byte of `header` can stand there: else there is nothing to wait for.
bool may_go_on(std::string_view header)
{
    const auto size = header.size();
    if (size <= header_begin.size())
        return header.back() == header_begin[size - 1];
    return header.back() != '\n' || header[size - 2] == '\r';
}
}

proxy_step http_connect_dialogue::begin()
{
    std::string request = "CONNECT " + question_.target + " HTTP/1.1\r\nHost: " + question_.target;
    if (!question_.user.empty())
        request +=
            "\r\nProxy-Authorization: Basic " + base64(question_.user + ':' + question_.password);
    request += header_end;
    return {.write = std::move(request), .read_max = header_min};
}

proxy_step http_connect_dialogue::received(std::string_view bytes)
{
    for (std::size_t i = 0; i < bytes.size(); ++i)
    {
        header_ += bytes[i];
        ++total_;
        if (!may_go_on(header_))
        {
            header_ += bytes.substr(i + 1); // for the message
            return malformed();
        }
        if (header_.ends_with(header_end)) // the last of the bytes: no more were asked for
            return header_read();
        if (total_ + missing(header_) > header_max)
            return {.code = proxy_errc::answer_too_long};
    }
    return {.read_max = missing(header_)};
}

proxy_step http_connect_dialogue::header_read()
{
    http::response_parser<http::empty_body> parser;
    parser.header_limit(header_max);
    parser.skip(true); // whatever it says of a body
    error_code ec;
    parser.put(boost::asio::buffer(header_), ec);
    if (ec || !parser.is_header_done())
        return malformed();

    const auto& answer = parser.get();
    status_ = answer.result_int();
    if (status_ / 100 == 2)
        return {};
    if (status_ / 100 == 1 && status_ != 101)
    {
        header_.clear(); // another one follows
        if (total_ + header_min > header_max)
            return {.code = proxy_errc::answer_too_long};
        return {.read_max = header_min};
    }
    remark_ = "it answered " +
              one_line(std::to_string(status_) + ' ' + std::string(answer.reason()), 100);
    if (status_ == 407)
        if (const auto wanted = answer[http::field::proxy_authenticate]; !wanted.empty())
            remark_ += ", and wants " + quoted(std::string(wanted));
    return {.code = error_of(status_)};
}

proxy_step http_connect_dialogue::malformed()
{
    remark_ = "its answer began with " + quoted(header_);
    return {.code = proxy_errc::malformed_answer};
}

proxy_errc http_connect_dialogue::error_of(unsigned status) const
{
    switch (status)
    {
    case 401: // tinyproxy's answer to a wrong password
        return question_.user.empty() ? proxy_errc::refused : proxy_errc::authentication_refused;
    case 403:
        return proxy_errc::forbidden;
    case 405:
    case 501:
        return proxy_errc::command_not_supported;
    case 407:
        return question_.user.empty() ? proxy_errc::authentication_required
                                      : proxy_errc::authentication_refused;
    case 500:
        return proxy_errc::general_failure;
    case 502:
        return proxy_errc::target_not_reached;
    case 503:
        return proxy_errc::unavailable;
    case 504:
        return proxy_errc::target_timed_out;
    default:
        return proxy_errc::refused;
    }
}

std::vector<std::pair<std::string, std::string>> http_connect_dialogue::facts() const
{
    std::vector<std::pair<std::string, std::string>> known{
        {"authentication", question_.user.empty() ? "none" : "user and password"}};
    if (status_ != 0)
        known.emplace_back("status", std::to_string(status_));
    return known;
}
}
