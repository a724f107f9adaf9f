// SPDX-License-Identifier: BSL-1.0
// What this machine runs out of.
#include "fault/scene.hpp"
#include "support/ubsan.hpp"

#include <holdfast/retry/immediately.hpp>

#include <boost/asio/socket_base.hpp>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace fault
{
namespace
{
namespace error = boost::asio::error;

void local_resource(scene& s)
{
    const bool right = s.why()->code == hf::condition::local_resource;
    s.looks("kind of error", "local_resource", right ? "local_resource" : "another", right);
}

/// Where an attempt costs nothing the policy has it repeated without end, but not here.
void no_storm(scene& s)
{
    s.now([] {});
    s.run_until([] { return false; }, 500ms);
    const auto n = s.failures();
    s.looks("attempts in 0.5 s", "10 to 51", std::to_string(n), n >= 10 && n <= 51);
}

[[maybe_unused]] void no_descriptors(const std::string& name, int rows)
{
    const network net;
    const auto redis = program::redis(net);
    asio::io_context context;
    scene s(name, rows, context, {.retry = hf::retry::immediately{}});
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    const auto before = limit.rlim_cur;
    {
        const support::owned_descriptor next(::open("/dev/null", O_RDONLY | O_CLOEXEC));
        limit.rlim_cur = static_cast<rlim_t>(next.get());
    }
    ::setrlimit(RLIMIT_NOFILE, &limit);
    s.start();
    s.fails({error::no_descriptors}, {{}, slack});
    local_resource(s);
    no_storm(s);
    s.now(
        [&]
        {
            limit.rlim_cur = before;
            ::setrlimit(RLIMIT_NOFILE, &limit);
        });
    s.connects({{}, slack});
}

void no_ports(const std::string& name, int rows, const std::string& bind_address)
{
    const network net;
    const auto redis = program::redis(net);
    net.need_here("the range of local ports",
                  "echo 61000 61003 >/proc/sys/net/ipv4/ip_local_port_range");
    asio::io_context context;
    const asio::ip::tcp::endpoint peer(asio::ip::make_address("10.0.0.2"), redis_port);
    std::vector<asio::ip::tcp::socket> taken;
    for (int i = 0; i < 4; ++i)
        taken.emplace_back(context).connect(peer);

    scene s(name, rows, context,
            {.tcp = {.bind_address = bind_address, .dead_after = dead_after},
             .retry = hf::retry::immediately{}});
    s.start();
    s.fails({hf::error_code(EADDRNOTAVAIL, boost::system::system_category())}, {{}, slack});
    local_resource(s);
    no_storm(s);
    s.now(
        [&]
        {
            taken.back().set_option(asio::socket_base::linger(true, 0)); // it leaves nothing
            taken.back().close();
        });
    s.connects({{}, slack});
}

void no_ports_for_the_peer(const std::string& name, int rows)
{
    no_ports(name, rows, "");
}

void no_ports_for_the_address(const std::string& name, int rows)
{
    no_ports(name, rows, "10.0.0.1");
}
}

std::vector<scenario> resource_scenarios()
{
    return {
#if !defined(HOLDFAST_TEST_WITH_UBSAN)
        {"no_descriptors", "this process has no descriptor left", no_descriptors},
#endif
        {"no_ports", "every local port is taken", no_ports_for_the_peer},
        {"no_ports_bound", "likewise, of the address to connect from", no_ports_for_the_address},
    };
}
}
