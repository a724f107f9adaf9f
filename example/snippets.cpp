// SPDX-License-Identifier: BSL-1.0
// What the documentation shows beside the programs. Compiled, not run.
#include <holdfast.hpp>
#include <holdfast/endpoints/argument_reader.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/thread_pool.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <iostream>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace asio = boost::asio;
namespace hf = holdfast;
using namespace std::chrono_literals;

// The declarations are for the compiler, that it may warn of none that is missing.
void waiting(hf::client_service<hf::session>& service);
void policies();
void endpoints();
void names(asio::io_context& context);
void kinds_of_ones_own();
void processes(asio::io_context& context);
void per_attempt();
asio::awaitable<void> receive(hf::unix_socket::stream_type stream);
asio::awaitable<void> errors(hf::client_service<hf::session>& service);
void logs(hf::client_options<hf::session>& options);
asio::awaitable<void> follow(hf::event_stream& events);
asio::awaitable<void> waits(hf::client_service<hf::session>& service,
                            const hf::service_metrics& counts);
void threads();
asio::awaitable<void> run_for_a_while();
void hooks(asio::io_context& context);
void twisted(asio::io_context& context);
asio::awaitable<void> one_shot();
asio::awaitable<void> feed(hf::tcp::stream_type stream);

namespace
{
class redis_client : public std::enable_shared_from_this<redis_client>
{
public:
    explicit redis_client(hf::tcp::stream_type stream) : stream_(std::move(stream)) {}

    template <class Token>
    auto async_run(Token&& token)
    {
        return stream_.async_read_some(asio::buffer(bytes_),
                                       asio::deferred([](hf::error_code ec, std::size_t)
                                                      { return asio::deferred.values(ec); }))(
            std::forward<Token>(token));
    }
    void close() noexcept {}
    asio::awaitable<void> hello(std::string_view) { co_return; }

private:
    hf::tcp::stream_type stream_;
    std::array<char, 16> bytes_{};
};

void prepare(asio::io_context& context)
{
    // [prepare_option]
    hf::client_service<redis_client> cache(
        context, hf::tcp("cache.example", 6379), [](hf::tcp::stream_type stream)
        { return std::make_shared<redis_client>(std::move(stream)); },
        {.name = "cache",
         .prepare = [](redis_client& c) -> asio::awaitable<void> { co_await c.hello("3"); },
         .prepare_timeout = 5s});
    // [/prepare_option]
}
[[maybe_unused]] const auto use_prepare = &prepare;
}

asio::awaitable<void> feed(hf::tcp::stream_type stream)
{
    std::array<char, 64> bytes;
    co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
}

void waiting(hf::client_service<hf::session>& service)
{
    // [wait_callback]
    service.async_when_connected([](hf::error_code ec, std::shared_ptr<hf::session> session)
                                 { std::cout << (session ? "connected" : ec.message()) << '\n'; });
    // [/wait_callback]

    // [wait_cancel]
    asio::cancellation_signal enough;
    service.async_when_connected(asio::bind_cancellation_slot(
        enough.slot(), [](hf::error_code ec, const std::shared_ptr<hf::session>&)
        { std::cout << (ec == asio::error::operation_aborted) << '\n'; }));
    enough.emit(asio::cancellation_type::all); // ends this wait, and nothing else
    // [/wait_cancel]
}

void policies()
{
    // [policies]
    using hf::retry::policy;

    policy growing = hf::retry::backoff{.initial = 500ms, .factor = 3, .max = 30s};
    policy half_and_half = hf::retry::backoff{.jitter = hf::retry::jitter::equal};
    policy steady = hf::retry::fixed{5s};
    policy listed = hf::retry::schedule{0s, 1s, 5s, 30s}; // and then 30 s for ever
    policy at_once = hf::retry::immediately{};            // the one without a floor
    policy as_twisted = hf::retry::twisted_backoff{};
    // [/policies]

    // [limits]
    policy limited = hf::retry::max_elapsed(
        1h, hf::retry::max_attempts(100, hf::retry::min_delay(250ms, hf::retry::backoff{})));
    // [/limits]
}

void names(asio::io_context& context)
{
    // [fixed_addresses]
    hf::fixed_addresses resolver(hf::default_resolver(context.get_executor()));
    resolver.add(hf::parse_fixed_address("db.example:5432:192.0.2.7,[2001:db8::7]"));
    hf::client_service service(context, hf::tcp("db.example", 5432), feed, {.resolver = &resolver});
    // [/fixed_addresses]

    // [caching_resolver]
    hf::caching_resolver cache(hf::default_resolver(context.get_executor()),
                               hf::default_clock(context.get_executor()),
                               {.ttl = 20s, .negative_ttl = 2s});
    // [/caching_resolver]
}

void endpoints()
{
    // [tcp]
    const hf::tcp server("db.example", 5432,
                         {.timeout = 5s, .family = hf::address_family::ipv4, .dead_after = 20s});
    // [/tcp]

    // [unix]
    const hf::unix_socket local("/run/app.sock");
    const hf::unix_socket abstract("@app");
    // [/unix]

    // [failover]
    const hf::failover either{{hf::tcp("a.example", 6379), hf::unix_socket("/run/app.sock")},
                              {.timeout = 5s, .remember = 10min}};
    const hf::failover_among<hf::tcp> mirrors({hf::tcp("a.example", 80), hf::tcp("b.example", 80)},
                                              {.order = hf::failover_order::shuffled});
    // [/failover]

    // [proxies]
    const hf::tcp proxy("proxy.example", 1080);
    const hf::socks5 by_socks("db.example", 5432, proxy, {.user = "me", .password = "secret"});
    const hf::http_connect by_http("db.example", 5432, hf::tcp("proxy.example", 3128));
    const hf::socks5_over by_both(by_http, "deep.example", 22); // db.example is a proxy itself
    // [/proxies]

    // [proxy_protocol]
    const hf::proxy_protocol_over balanced(hf::tcp("db.example", 5432),
                                           {.version = hf::proxy_protocol_version::v1});
    // [/proxy_protocol]

    // [descriptions]
    const std::string text = "tcp:db.example:5432:timeout=5:family=4";
    try
    {
        const hf::any_endpoint endpoint = hf::parse_endpoint(text);
        std::cout << to_string(endpoint) << '\n';
    }
    catch (const hf::description_error& e) // one line: what is wrong, where, what was expected
    {
        std::cerr << e.what() << '\n';
    }
    // [/descriptions]
}

// [own_kind]
/// Dials one of two servers in turn. An endpoint of your own can stand on those that there are.
class alternating
{
public:
    using stream_type = hf::tcp::stream_type;

    alternating(hf::tcp first, hf::tcp second)
        : first_(std::move(first))
        , second_(std::move(second))
    {
    }

    template <class Token>
    auto async_connect(const hf::dial_context& context, Token&& token) const
    {
        const auto& next = context.attempt % 2 == 1 ? first_ : second_;
        return next.async_connect(context, std::forward<Token>(token));
    }

    friend std::string to_string(const alternating& a)
    {
        return "alternating:" + hf::quote(to_string(a.first_)) + ":" +
               hf::quote(to_string(a.second_));
    }

private:
    hf::tcp first_;
    hf::tcp second_;
};
// [/own_kind]
static_assert(hf::endpoint<alternating>);

void kinds_of_ones_own()
{
    // [registry]
    hf::registry known = hf::registry::standard();
    known.add("alternating",
              [](const hf::description& d, const hf::registry&)
              {
                  const hf::argument_reader arguments(d, {"host", "port", "other"}, {});
                  return alternating(hf::tcp(arguments.text("host"), arguments.port("port")),
                                     hf::tcp(arguments.text("other"), arguments.port("port")));
              });
    const auto endpoint = hf::parse_endpoint("alternating:a.example:80:b.example", known);
    // [/registry]
}

void processes(asio::io_context& context)
{
    // [process]
    hf::client_service mail(
        context, hf::process("ssh", {"mail.example", "imapd"}, {.grace = 2s}),
        [](hf::process::stream_type stream) -> asio::awaitable<void>
        {
            for (std::array<char, 4096> bytes;;) // at the end this throws how it ended
                co_await stream.async_read_some(asio::buffer(bytes), asio::use_awaitable);
        });
    // [/process]

    // [process_registry]
    hf::registry known = hf::registry::standard();
    hf::process::register_endpoints(known);
    const auto endpoint = hf::parse_endpoint("exec:ssh:mail.example:imapd:grace=2s", known);
    // [/process_registry]
}

namespace
{
asio::awaitable<std::string> ask_for_the_leader();
}

void per_attempt()
{
    // [per_attempt]
    const hf::made_per_attempt leader("the leader",
                                      [](const hf::dial_context&) -> asio::awaitable<hf::tcp>
                                      {
                                          const std::string host = co_await ask_for_the_leader();
                                          co_return hf::tcp(host, 5432);
                                      });
    // [/per_attempt]
}

namespace
{
asio::awaitable<std::string> ask_for_the_leader()
{
    co_return "db.example";
}
}

// [receive_descriptors]
asio::awaitable<void> receive(hf::unix_socket::stream_type stream)
{
    std::vector<hf::owned_descriptor> descriptors; // closed with their owner
    std::array<char, 512> bytes;
    const auto n = co_await hf::async_receive_with_descriptors(stream, asio::buffer(bytes),
                                                               descriptors, asio::use_awaitable);
    std::cout << n << " bytes and " << descriptors.size() << " descriptors\n";
}
// [/receive_descriptors]

asio::awaitable<void> errors(hf::client_service<hf::session>& service)
{
    // [errors]
    try
    {
        co_await service.async_when_connected({hf::fail_after{3}, hf::within{10s}});
    }
    catch (const boost::system::system_error& e)
    {
        if (e.code() == std::errc::operation_canceled)
            std::cout
                << "stopped, or this wait was cancelled\n"; // errc::stopped, operation_aborted
        else if (e.code() == std::errc::timed_out)
            std::cout << "no answer in time\n"; // of a lookup, a connect ..., or this wait
        else if (e.code() == hf::condition::local_resource)
            std::cout << "this machine has run out of something\n";
        if (const auto why = service.last_failure())
            std::cout << to_string(*why) << '\n';
    }
    // [/errors]
}

void logs(hf::client_options<hf::session>& options)
{
    // [log_lines]
    options.observe = hf::log_lines([](std::string_view line) { std::clog << line << '\n'; });
    // [/log_lines]
}

// [event_stream]
asio::awaitable<void> follow(hf::event_stream& events)
{
    for (;;) // until the stream is closed or goes away
    {
        const hf::numbered_event e = co_await events.async_next_event();
        if (e.dropped != 0)
            std::cout << e.dropped << " events were passed over\n";
        std::cout << e.sequence << ": " << e.name << ' ' << to_string(e.kind) << '\n';
    }
}
// [/event_stream]

asio::awaitable<void> waits(hf::client_service<hf::session>& service,
                            const hf::service_metrics& counts)
{
    // [record_wait]
    const auto began = std::chrono::steady_clock::now();
    co_await service.async_when_connected();
    counts.record_wait(std::chrono::steady_clock::now() - began);
    // [/record_wait]
}

// [strand]
asio::awaitable<void> run_for_a_while()
{
    hf::client_service service(co_await asio::this_coro::executor, hf::tcp("db.example", 5432),
                               feed);
    service.start();
    co_await service.async_when_connected(hf::within{10s});
    co_await service.async_stop();
}

void threads()
{
    asio::thread_pool pool(4);
    asio::co_spawn(asio::make_strand(pool), run_for_a_while(), asio::detached);
    pool.join();
}
// [/strand]

// [hooks]
/// A factory may be told before the first and after the last of its connections.
struct counted_factory
{
    void start() { std::cout << "the first connection\n"; }
    void stop() { std::cout << "the last one is gone\n"; }

    asio::awaitable<void> operator()(hf::tcp::stream_type stream)
    {
        return feed(std::move(stream));
    }
};
// [/hooks]

void hooks(asio::io_context& context)
{
    hf::client_service service(context, hf::tcp("db.example", 5432), counted_factory{});
}

void twisted(asio::io_context& context)
{
    // [as_twisted]
    const hf::client_options<hf::session> as_the_original{
        .retry = hf::retry::twisted_backoff{},
        .attempt_timeout = 24h, // no limit to an attempt: a day is the most there is
        .prepare_timeout = 24h,
        .stop_timeout = 24h,
        .stable_after = 0s,
    };
    const hf::tcp_options as_its_sockets{
        .stagger = 300ms, .no_delay = false, .dead_after = std::nullopt};
    hf::client_service service(context, hf::tcp("db.example", 5432, as_its_sockets), feed,
                               as_the_original);
    // [/as_twisted]
}

asio::awaitable<void> one_shot()
{
    const auto executor = co_await asio::this_coro::executor;
    // [one_shot]
    const std::shared_ptr<redis_client> client = co_await hf::async_connect_protocol(
        executor, hf::tcp("cache.example", 6379), [](hf::tcp::stream_type stream)
        { return std::make_shared<redis_client>(std::move(stream)); });
    co_await client->hello("3");
    // [/one_shot]
}
