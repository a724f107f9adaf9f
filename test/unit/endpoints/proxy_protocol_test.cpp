// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/proxy_protocol.hpp>

#include "endpoints/proxy_header.hpp"
#include "unit/endpoints/dial_fixture.hpp"

#include <holdfast/endpoints/any_endpoint.hpp>
#include <holdfast/endpoints/registry.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/read.hpp>

#include <optional>
#include <stdexcept>
#include <string>

namespace holdfast
{
namespace
{
using namespace std::string_literals;
using namespace std::chrono_literals;
using testing::dial_step;
using testing::scripted_endpoint;
constexpr auto v1 = proxy_protocol_version::v1;

const auto signature = "\r\n\r\n\0\r\nQUIT\n"s;

std::optional<detail::proxied_connection> between(const char* source, const char* destination)
{
    return detail::proxied_connection{*detail::parse_address(source),
                                      *detail::parse_address(destination)};
}

std::string refusal(proxy_protocol_options o)
{
    try
    {
        return "made " + to_string(proxy_protocol_over(tcp("h", 1), std::move(o)));
    }
    catch (const std::invalid_argument& e)
    {
        return e.what();
    }
}

std::string made(const std::string& text)
{
    try
    {
        return to_string(parse_endpoint(text));
    }
    catch (const description_error& e)
    {
        return e.what();
    }
}

class proxy_protocol : public dial_fixture
{
protected:
    tcp there() const { return {"127.0.0.1", acceptor_.local_endpoint().port()}; }

    /// What the server gets first, of `size` bytes.
    std::string first(std::size_t size)
    {
        asio::ip::tcp::socket s(io_);
        acceptor_.accept(s);
        client_ = s.remote_endpoint().port();
        std::string text(size, 0);
        asio::read(s, asio::buffer(text));
        return text;
    }

    asio::ip::tcp::acceptor acceptor_{io_, {asio::ip::address_v4::loopback(), 0}};
    unsigned client_ = 0;
};

TEST(proxy_header, is_as_the_specification_has_it)
{
    using detail::proxy_header_v1;
    using detail::proxy_header_v2;
    const auto v4 = between("192.0.2.1:56324", "198.51.100.2:443");
    const auto v6 = between("[2001:db8::1]:1", "[2001:db8::2]:65535");
    EXPECT_EQ(proxy_header_v1(v4), "PROXY TCP4 192.0.2.1 198.51.100.2 56324 443\r\n");
    EXPECT_EQ(proxy_header_v1(v6), "PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n");
    EXPECT_EQ(proxy_header_v1(std::nullopt), "PROXY UNKNOWN\r\n");
    EXPECT_EQ(proxy_header_v2(v4, false),
              signature + "\x21\x11\0\x0c\xc0\0\2\1\xc6\x33\x64\2\xdc\4\1\xbb"s);
    EXPECT_EQ(proxy_header_v2(v6, false),
              signature + "\x21\x21\0\x24"s + "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\1"s +
                  "\x20\1\x0d\xb8\0\0\0\0\0\0\0\0\0\0\0\2"s + "\0\1\xff\xff"s);
    EXPECT_EQ(proxy_header_v2(std::nullopt, false), signature + "\x21\0\0\0"s);
    EXPECT_EQ(proxy_header_v2(std::nullopt, true), signature + "\x20\0\0\0"s);
}

TEST_F(proxy_protocol, tells_the_addresses_of_the_connection)
{
    const auto result = dial(proxy_protocol_over(there(), {.version = v1}));
    finish(result);
    ASSERT_EQ(result->code, error_code());
    const auto local = result->stream->local_endpoint().port();
    const auto expected = "PROXY TCP4 127.0.0.1 127.0.0.1 " + std::to_string(local) + ' ' +
                          std::to_string(acceptor_.local_endpoint().port()) + "\r\n";
    EXPECT_EQ(first(expected.size()), expected);
    EXPECT_EQ(client_, local);
    result->stream->close();
    acceptor_.close();
}

TEST_F(proxy_protocol, tells_them_too_where_the_kind_of_the_stream_is_erased)
{
    const proxy_protocol_over erased(any_endpoint(there()), {.version = v1});
    std::optional<stream> s;
    erased.async_connect(context(), [&](error_code, stream made) { s = std::move(made); });
    while (!s)
        io_.run_one();
    const auto expected = "PROXY TCP4 127.0.0.1 127.0.0.1 " + s->local().substr(10) + ' ' +
                          std::to_string(acceptor_.local_endpoint().port()) + "\r\n";
    EXPECT_EQ(first(expected.size()), expected);
    s->close();
    acceptor_.close();
}

TEST_F(proxy_protocol, tells_what_it_was_given_instead)
{
    const proxy_protocol_options o{.source = "192.0.2.1:56324", .destination = "198.51.100.2:443"};
    const auto result = dial(proxy_protocol_over(there(), o));
    finish(result);
    EXPECT_EQ(first(28),
              detail::proxy_header_v2(between("192.0.2.1:56324", "198.51.100.2:443"), false));
    result->stream->close();
    acceptor_.close();
}

TEST_F(proxy_protocol, tells_no_addresses_where_there_are_none_or_none_are_to_be_told)
{
    acceptor_.close();
    const scripted_endpoint way;
    const auto header = [&](proxy_protocol_options o)
    {
        const auto result = dial(proxy_protocol_over(way, std::move(o)));
        settle();
        EXPECT_EQ(result->code, error_code());
        const auto text = way.last().peer().take();
        result->stream->close();
        return text;
    };
    EXPECT_EQ(header({.version = v1}), "PROXY UNKNOWN\r\n");
    EXPECT_EQ(header({.version = v1, .local = true}), "PROXY UNKNOWN\r\n");
    EXPECT_EQ(header({}), signature + "\x21\0\0\0"s);
    EXPECT_EQ(header({.local = true}), signature + "\x20\0\0\0"s);
}

TEST_F(proxy_protocol, a_header_that_is_not_taken_ends_in_each_way)
{
    acceptor_.close();
    const scripted_endpoint way;
    way.otherwise({.result = error_code(), .capacity = 3});
    const auto late = dial(proxy_protocol_over(way, {.timeout = 5s}));
    settle();
    clock_.advance(5s);
    finish(late);
    EXPECT_EQ(late->code, errc::proxy_timed_out);

    const auto cancelled = dial(proxy_protocol_over(way));
    settle();
    cancelled->cancel.emit(asio::cancellation_type::terminal);
    finish(cancelled);
    EXPECT_EQ(cancelled->code, asio::error::operation_aborted);

    const auto hung_up = dial(proxy_protocol_over(way));
    settle();
    way.last().peer().close();
    finish(hung_up);
    EXPECT_EQ(hung_up->code, asio::error::broken_pipe);
    EXPECT_EQ(report_.phase, phase::proxy);
    EXPECT_EQ(way.open_streams(), 0U);
}

TEST(proxy_protocol_options, what_cannot_be_told_is_refused_at_once)
{
    EXPECT_EQ(refusal({.source = "192.0.2.1:1"}),
              "proxy-protocol: source is given, and so destination must be");
    EXPECT_EQ(refusal({.destination = "192.0.2.1:1"}),
              "proxy-protocol: destination is given, and so source must be");
    EXPECT_EQ(refusal({.source = "192.0.2.1:1", .destination = "[::1]:1"}),
              "proxy-protocol: destination is not of the family of source");
    EXPECT_EQ(refusal({.source = "192.0.2.1:1", .destination = "192.0.2.1:1", .local = true}),
              "proxy-protocol: local means that no addresses are told, and source is given");
    EXPECT_EQ(refusal({.timeout = 0s}),
              "proxy-protocol: timeout 0s is not between zero and 9 hours");
    for (const auto* text : {"192.0.2.1", "::1:1", "[192.0.2.1]:1", "h:1", "192.0.2.1:65536",
                             "192.0.2.1:", "[]:1", ":1", "[::1]1"})
        EXPECT_NE(refusal({.source = text, .destination = "192.0.2.1:1"}).find("is not an address"),
                  std::string::npos)
            << text;
}

TEST(proxy_protocol_description, makes_an_endpoint_of_each_form)
{
    EXPECT_EQ(made("proxy-protocol:h:25"), "proxy-protocol:h:25");
    EXPECT_EQ(made("proxy-protocol:[::1]:25:version=2"), "proxy-protocol:[::1]:25");
    EXPECT_EQ(made(R"(proxy-protocol:endpoint=tcp\:h\:25:version=1:local=1:timeout=5)"),
              "proxy-protocol:h:25:version=1:local=1:timeout=5s");
    EXPECT_EQ(made("proxy-protocol://h:25?source=192.0.2.1:1&destination=192.0.2.2:2"),
              R"(proxy-protocol:h:25:source=192.0.2.1\:1:destination=192.0.2.2\:2)");
    EXPECT_EQ(made(R"(proxy-protocol:endpoint=unix\:/x)"), R"(proxy-protocol:endpoint=unix\:/x)");
    EXPECT_EQ(made("proxy-protocol://h:25?via=socks5://p:1"),
              R"(proxy-protocol:endpoint=socks5\:h\:25\:proxy\=p\\\:1)");
}

TEST(proxy_protocol_description, CS_77_refuses_with_one_line_that_has_the_place)
{
    EXPECT_EQ(made("proxy-protocol:h"), "proxy-protocol:h: port is missing; expected "
                                        "proxy-protocol:HOST:PORT, then key=value");
    EXPECT_EQ(made("proxy-protocol:h:1:version=3"),
              R"(proxy-protocol:h:1:version=3 (column 28): version "3" is not one of 1, 2)");
    EXPECT_EQ(made(R"(proxy-protocol:h:1:endpoint=unix\:/x)"),
              R"(proxy-protocol:h:1:endpoint=unix\:/x (column 16): host is for tcp; it belongs )"
              "into the description after endpoint=");
    EXPECT_EQ(made("proxy-protocol:h:1:source=x:destination=y"),
              "proxy-protocol:h:1:source=x:destination=y (column 27): source \"x\" is not an "
              "address with a port, such as 192.0.2.1:80 or [2001:db8::1]:80");
}
}
}
