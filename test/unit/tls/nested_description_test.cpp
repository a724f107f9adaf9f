// SPDX-License-Identifier: BSL-1.0
// Descriptions of endpoints within endpoints, of all kinds and of one that is not ours.
#include <holdfast/endpoints/argument_reader.hpp>
#include <holdfast/endpoints/http_connect.hpp>
#include <holdfast/endpoints/socks5.hpp>
#include <holdfast/endpoints/tls.hpp>
#include <holdfast/endpoints/unix.hpp>

#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>
#include <utility>
#include <vector>

namespace holdfast
{
namespace
{
using namespace std::chrono_literals;

/// An endpoint of somebody else's, with another one within.
struct pigeon
{
    using stream_type = stream;

    any_endpoint below;
    std::string loft;

    template <class Token>
    auto async_connect(const dial_context& context, Token&& token) const
    {
        return below.async_connect(context, std::forward<Token>(token));
    }

    friend std::string to_string(const pigeon& p)
    {
        return "pigeon+post:" + quote(p.loft) + ":endpoint=" + quote(to_string(p.below));
    }
};

const registry& known()
{
    static const registry all = []
    {
        auto r = registry::standard();
        tls::register_endpoints(r);
        r.add("pigeon+post",
              [](const description& d, const registry& within) -> any_endpoint
              {
                  const argument_reader arguments(d, {"loft"}, {"endpoint"});
                  return pigeon{within.make_within(d, *arguments.find("endpoint")),
                                arguments.text("loft")};
              });
        return r;
    }();
    return all;
}

std::string made(const std::string& text)
{
    return to_string(parse_endpoint(text, known()));
}

/// Endpoints at random.
class nest
{
public:
    explicit nest(unsigned seed) : random_(seed) {}

    std::size_t below(std::size_t limit) { return random_() % limit; }

    any_endpoint make(std::size_t depth)
    {
        if (depth == 0)
            return leaf();
        switch (below(4))
        {
        case 0:
            return tls_over(make(depth - 1), host(), port(),
                            {.server_name = below(2) ? "name" : "", .resume = below(2) == 0});
        case 1:
            return socks5_over(make(depth - 1), host(), port(), options());
        case 2:
            return http_connect_over(make(depth - 1), host(), port(), options());
        default:
            return pigeon{make(depth - 1), text()};
        }
    }

    std::string host()
    {
        constexpr std::array hosts{"h", "127.0.0.1", "2001:db8::1", "a-b.example"};
        return hosts[below(hosts.size())];
    }

    std::uint16_t port() { return static_cast<std::uint16_t>(below(65'535) + 1); }

    /// A text of the characters that mean something.
    std::string text()
    {
        constexpr std::string_view alphabet = "ab:=\\/[]%&;?@#+*\"";
        std::string t(below(6) + 1, ' ');
        for (char& c : t)
            c = alphabet[below(alphabet.size())];
        return t;
    }

private:
    any_endpoint leaf()
    {
        switch (below(4))
        {
        case 0:
            return unix_socket("/" + text());
        case 1:
            return tls(host(), port());
        default:
            return tcp(host(), port(), {.timeout = below(2) ? 30s : 5s});
        }
    }

    proxy_options options()
    {
        proxy_options o{.resolve_here = below(2) == 0, .timeout = below(2) ? 30s : 5s};
        if (below(2))
            o.user = "u\\=" + std::to_string(below(9));
        return o;
    }

    std::mt19937 random_;
};

TEST(nested_description, CS_7D_the_example_of_the_manual_is_what_it_says)
{
    const std::string escaped = R"(tls:host:443:endpoint=socks5\:host\:443\:proxy=proxy\\\:1080)";
    EXPECT_EQ(made(escaped), R"(tls:host:443:endpoint=socks5\:host\:443\:proxy\=proxy\\\:1080)");
    EXPECT_EQ(made("tls://host:443?via=socks5://proxy:1080"), made(escaped));
    EXPECT_EQ(
        made("tls://host:443?alpn=h2&via=socks5://me:secret@proxy:1080&via=http-connect://b:3128"),
        R"(tls:host:443:alpn=h2:endpoint=http-connect\:host\:443\:endpoint\=socks5\\\:b\\\:3128\\\:)"
        R"(proxy\\\=proxy\\\\\\\:1080\\\:user\\\=me\\\:password\\\=***)");
}

TEST(nested_description, what_any_endpoint_prints_makes_it_again)
{
    nest random(7);
    for (int i = 0; i < 1'000; ++i)
    {
        const auto endpoint = random.make(random.below(5));
        const auto text = to_string(endpoint);
        if (text.size() > description::length_max)
            continue;
        ASSERT_EQ(made(text), text);
        const auto d = parse_description(text);
        ASSERT_EQ(parse_description(to_string(d)), d) << text;
    }
}

TEST(nested_description, a_url_makes_the_endpoint_that_its_proxies_make)
{
    nest random(8);
    for (int i = 0; i < 300; ++i)
    {
        struct proxy
        {
            bool socks, over_tls;
            std::string host;
            std::uint16_t port;
        };
        std::vector<proxy> proxies(random.below(4) + 1);
        for (auto& p : proxies)
            p = {random.below(2) == 0, random.below(3) == 0, random.host(), random.port()};
        const auto target = random.host();
        const auto port = random.port();
        const bool with_tls = random.below(2) == 0;

        const auto authority = [](const std::string& host, std::uint16_t at)
        {
            return "//" + (host.find(':') == host.npos ? host : '[' + host + ']') + ':' +
                   std::to_string(at);
        };
        std::string url = (with_tls ? "tls:" : "tcp:") + authority(target, port);
        any_endpoint way = tcp(proxies[0].host, proxies[0].port);
        for (std::size_t n = 0; n < proxies.size(); ++n)
        {
            const auto& p = proxies[n];
            url += (n == 0 ? "?via=" : "&via=") + std::string(p.socks ? "socks5" : "http-connect") +
                   (p.over_tls ? "+tls:" : ":") + authority(p.host, p.port);
            if (p.over_tls)
                way = n == 0 ? any_endpoint(tls(p.host, p.port)) : tls_over(way, p.host, p.port);
            const bool last = n + 1 == proxies.size();
            const auto& host = last ? target : proxies[n + 1].host;
            const auto at = last ? port : proxies[n + 1].port;
            way = p.socks ? any_endpoint(socks5_over(way, host, at))
                          : any_endpoint(http_connect_over(way, host, at));
        }
        if (with_tls)
            way = tls_over(way, target, port);
        ASSERT_EQ(made(url), to_string(way)) << url;
        ASSERT_EQ(made(to_string(way)), to_string(way));
    }
}

/// Where `text` is refused, as `parse_endpoint` says; 0 if it is not.
std::size_t refused_at(const std::string& text)
{
    try
    {
        parse_endpoint(text, known());
    }
    catch (const description_error& e)
    {
        return e.column();
    }
    return 0;
}

TEST(nested_description, CS_77_a_mistake_is_found_where_it_stands_however_deep)
{
    nest random(9);
    for (int i = 0; i < 500; ++i)
    {
        // The port of the innermost endpoint is not one.
        std::string text = "tcp:h:~";
        for (auto depth = random.below(5); depth != 0; --depth)
        {
            constexpr std::array kinds{"tls:a:1", "socks5:a:1:resolve=here", "http-connect:a:1"};
            text = random.below(4) == 0
                       ? "pigeon+post:" + quote(random.text()) + ":endpoint=" + quote(text)
                       : kinds[random.below(kinds.size())] + (":endpoint=" + quote(text));
        }
        ASSERT_EQ(refused_at(text), text.find('~') + 1) << text;
    }
    for (const std::string text :
         {"tls://h:1?via=socks5://p:1?timeout=~", "tls://h:1?via=socks5://p:1?resolve=~;timeout=5",
          "tls://h:1?via=socks5://%61%3A~:1", "tls://h:1?via=~&via=socks5://p:1",
          "tls://h:1?via=socks5://p:1&via=http-connect+tls://p:1?timeout=~",
          "tls://h:1?via=socks5://p:1&via=socks5+tls://p:1?resolve=~&via=socks5://p:1",
          "tls://h:1?via=socks5://p:1&alpn=x&via=socks5://a%2F~:1"})
    {
        const auto at = refused_at(text);
        ASSERT_GT(at, 0U) << text;
        // Of a host that is no name, the begin is to blame.
        ASSERT_LE(at, text.find('~') + 1) << text;
        ASSERT_GE(at + 6, text.find('~') + 1) << text;
    }
    EXPECT_EQ(refused_at("tls://h:1?via=socks5://p:1?timeout=~"), 36U);
    EXPECT_EQ(refused_at("tls://h:1?via=socks5://p:1&via=socks6+tls://p:1"), 32U);
    EXPECT_EQ(refused_at("tls://h:1?via=socks5+tsl://p:1"), 22U);
}
}
}
