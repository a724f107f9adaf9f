// SPDX-License-Identifier: BSL-1.0
// What goes wrong with the network under a connection.
#include "fault/scene.hpp"

namespace fault
{
namespace
{
namespace error = boost::asio::error;

constexpr allowed death{dead_after - 1s, dead_after + slack};
constexpr allowed at_once{{}, slack};
constexpr allowed next_attempt{{}, delay + slack};

/// Where an attempt may be under way that began in the dark: its SYN is sent again after a second.
constexpr allowed next_packet{{}, 1s + delay + slack};

/// A connection that is there.
struct connected
{
    connected(const std::string& name, int rows, const client_settings& settings = {})
        : s(name, rows, context, settings)
    {
        s.start();
        s.connects(at_once);
    }

    const network net;
    program redis = program::redis(net);
    asio::io_context context;
    scene s;
};

void black_hole_under_an_idle_connection(const std::string& name, int rows)
{
    connected c(name, rows);
    c.s.now([&] { c.net.here("nft add rule inet fault in drop"); });
    c.s.loses({error::timed_out}, death);
    c.s.fails({hf::errc::connect_timed_out}, {{}, dead_after + delay + attempt_timeout + slack});
    c.s.now([&] { c.net.here("nft flush chain inet fault in"); });
    c.s.connects(next_packet);
}

void black_hole_under_what_was_written(const std::string& name, int rows)
{
    connected c(name, rows);
    c.s.now([&] { c.net.here("nft add rule inet fault out drop"); });
    c.s.ping();
    c.s.loses({error::timed_out}, death);
    const auto left = c.s.why()->unacknowledged;
    c.s.looks("unacknowledged", "6 bytes", std::to_string(left) + " bytes", left == 6);
    c.s.now([&] { c.net.here("nft flush chain inet fault out"); });
    c.s.connects(next_packet);
}

void short_black_hole(const std::string& name, int rows)
{
    connected c(name, rows);
    c.s.now([&] { c.net.here("nft add rule inet fault out drop"); });
    c.s.ping();
    c.s.stays_connected(dead_after / 2);
    c.s.now([&] { c.net.here("nft flush chain inet fault out"); });
    c.s.is_answered({{}, 2s + slack}); // the next time that TCP sends it again
    c.s.stays_connected(dead_after + 1s);
}

void reset(const std::string& name, int rows)
{
    connected c(name, rows);
    c.s.now([&]
            { c.net.there("nft add rule inet fault in tcp dport 6379 reject with tcp reset"); });
    c.s.ping();
    c.s.loses({error::connection_reset}, at_once);
    c.s.fails({error::connection_refused}, {{}, delay + slack});
    c.s.now([&] { c.net.there("nft flush chain inet fault in"); });
    c.s.connects(next_attempt);
}

/// The peer has forgotten the connection while nothing came through: its machine was restarted.
void half_open(const std::string& name, int rows)
{
    const network net;
    asio::io_context context;
    small_server server(context, net);
    server.accept();
    scene s(name, rows, context, {.port = other_port});
    s.start();
    s.connects(at_once);
    net.here("nft add rule inet fault in drop");
    server.forget();
    s.now([&] { net.here("nft flush chain inet fault in"); });
    s.loses({error::connection_reset}, {{}, 1s + slack}); // with the answer to the first probe
    s.connects({{}, 1s + delay + slack});
}

void link_down(const std::string& name, int rows)
{
    connected c(name, rows);
    c.s.now([&] { c.net.here("ip link set cable down"); });
    c.s.loses({error::timed_out, error::network_unreachable, error::host_unreachable}, death);
    c.s.fails({error::network_unreachable}, {{}, dead_after + delay + slack});
    c.s.now([&] { c.net.here("ip link set cable up"); });
    c.s.connects(next_packet);
}

void cable_pulled(const std::string& name, int rows)
{
    connected c(name, rows);
    c.s.now([&] { c.net.there("ip link set cable down"); });
    c.s.ping();
    // The kernel counts from when it first sends again, and that is not before the packet that
    // waits for the peer's hardware address has left the queue.
    c.s.loses({error::timed_out, error::host_unreachable},
              {dead_after - 1s, dead_after + 1s + slack});
    c.s.fails({hf::errc::connect_timed_out, error::host_unreachable},
              {{}, dead_after + 1s + delay + attempt_timeout + slack});
    c.s.now([&] { c.net.there("ip link set cable up"); });
    c.s.connects(next_packet);
}

void address_removed(const std::string& name, int rows)
{
    connected c(name, rows);
    c.s.now([&] { c.net.here("ip addr del 10.0.0.1/24 dev cable"); });
    c.s.ping();
    c.s.loses({error::timed_out, error::network_unreachable, error::host_unreachable}, death);
    c.s.fails({error::network_unreachable}, {{}, dead_after + delay + slack});
    c.s.now([&] { c.net.here("ip addr add 10.0.0.1/24 dev cable"); });
    c.s.connects(next_attempt);
}

void slow_line(const std::string& name, int rows)
{
    connected c(name, rows);
    // Slow, and not dead: it goes on for longer than a peer may be silent.
    c.net.need_here("tbf", "tc qdisc add dev cable root tbf rate 128kbit burst 4kb latency 2s");
    c.s.now([] {});
    constexpr std::size_t pings = 14'000; // 84 kB
    std::string text;
    for (std::size_t i = 0; i < pings; ++i)
        text += "PING\r\n";
    const auto before = c.s.received();
    std::size_t sent = 0;
    const auto answered = [&]
    {
        sent += c.s.write(std::string_view(text).substr(sent));
        return c.s.received() >= before + pings * 7;
    };
    c.s.stays_connected(dead_after, answered);
    c.s.run_until(answered, 20s);
    c.s.looks("answers", "14000 answers, no loss",
              std::to_string((c.s.received() - before) / 7) + " answers",
              answered() && c.s.why() == nullptr);
}

void packet_loss(const std::string& name, int rows)
{
    const network net;
    const auto redis = program::redis(net);
    net.need_here("nftables' random numbers",
                  "nft add rule inet fault out numgen random mod 100 lt 30 drop");
    asio::io_context context;
    scene s(name, rows, context, {.tcp = {.dead_after = 40s}, .attempt_timeout = 40s});
    // TCP sends again after 0.2 s and then in ever longer intervals: once in 15,000 times eight in
    // a row vanish.
    constexpr allowed eight_times{{}, 30s};
    s.start();
    s.connects(eight_times);
    for (int round = 0; round < 2; ++round)
    {
        for (int i = 0; i < 10; ++i)
            s.ping();
        s.is_answered(eight_times);
    }
}
}

std::vector<scenario> connection_scenarios()
{
    return {
        {"idle_black_hole", "nothing comes through any more", black_hole_under_an_idle_connection},
        {"black_hole_of_data", "what was written vanishes", black_hole_under_what_was_written},
        {"short_black_hole", "for a while nothing comes through", short_black_hole},
        {"reset", "the network resets connections", reset},
        {"half_open", "the peer was started anew, unseen", half_open},
        {"link_down", "the interface goes down, and up", link_down},
        {"cable_pulled", "the far interface goes down, and up", cable_pulled},
        {"address_removed", "the address is taken, and given back", address_removed},
        {"slow_line", "128 kbit/s", slow_line},
        {"packet_loss", "30 % of the packets vanish", packet_loss},
    };
}
}
