// SPDX-License-Identifier: BSL-1.0
// What goes wrong while there is no connection yet.
#include "fault/scene.hpp"

namespace fault
{
namespace
{
namespace error = boost::asio::error;

void black_hole(const std::string& name, int rows)
{
    const network net;
    const auto redis = program::redis(net);
    asio::io_context context;
    scene s(name, rows, context);
    net.here("nft add rule inet fault out tcp dport 6379 drop");
    s.start();
    s.fails({hf::errc::connect_timed_out}, {attempt_timeout, attempt_timeout + slack});
    s.now([&] { net.here("nft flush chain inet fault out"); });
    // The attempt under way has its SYN sent again after a second, or it ends and there is the
    // next.
    s.connects({{}, 1s + delay + slack});
}

void refused_by_a_firewall(const std::string& name, int rows)
{
    const network net;
    const auto redis = program::redis(net);
    asio::io_context context;
    scene s(name, rows, context);
    net.there("nft add rule inet fault in tcp dport 6379 reject with tcp reset");
    s.start();
    s.fails({error::connection_refused}, {{}, slack});
    s.now(
        [&]
        {
            net.there("nft flush chain inet fault in; nft add rule inet fault in tcp dport "
                      "6379 reject with icmp type admin-prohibited");
        });
    s.fails({error::host_unreachable}, {{}, delay + slack});
    s.now([&] { net.there("nft flush chain inet fault in"); });
    s.connects({{}, delay + slack});
}

void full_backlog(const std::string& name, int rows)
{
    const network net;
    asio::io_context context;
    small_server server(context, net);
    scene s(name, rows, context, {.port = other_port});
    s.start();
    // Its kernel accepts the connection for it: only a preparation can tell.
    s.fails({hf::errc::prepare_timed_out}, {prepare_timeout, prepare_timeout + slack});
    // Its queue has one place, and that is taken now.
    s.fails({hf::errc::connect_timed_out}, {{}, prepare_timeout + delay + attempt_timeout + slack});
    s.now([&] { server.accept(); });
    s.connects({{}, 1s + delay + slack});
    s.ping();
    s.is_answered({{}, slack});
}

void delayed(const std::string& name, int rows)
{
    const network net;
    const auto redis = program::redis(net);
    asio::io_context context;
    relay r(context, net, 300ms);
    scene s(name, rows, context, {.port = other_port});
    s.start();
    s.connects({600ms, 600ms + slack});
    s.now([&] { r.set_delay(700ms); });
    s.ping();
    s.is_answered({1400ms, 1400ms + slack});
    s.now([&] { net.there("nft add rule inet fault in tcp dport 7000 reject with tcp reset"); });
    s.ping();
    s.loses({error::connection_reset}, {{}, slack});
    s.now([&] { net.there("nft flush chain inet fault in"); });
    s.fails({hf::errc::prepare_timed_out}, {prepare_timeout, prepare_timeout + delay + slack});
    s.now([&] { r.set_delay(0ms); });
    s.connects({{}, prepare_timeout + delay + slack});
}

void silent_name_server(const std::string& name, int rows)
{
    const network net;
    net.ask_for_names("10.0.0.2");
    const auto redis = program::redis(net);
    auto names = program::names(net, {"10.0.0.2"});
    asio::io_context context;
    scene s(name, rows, context, {.host = "peer.test"});
    names.stop();
    s.start();
    s.fails({hf::errc::lookup_timed_out}, {attempt_timeout, attempt_timeout + slack});
    {
        // Others on the same context are not held up.
        scene other(name + ", other", rows, context);
        other.start();
        other.connects({{}, slack});
    }
    s.now([&] { names.resume(); });
    s.connects({{}, attempt_timeout + delay + slack});
    s.now([&] { names.stop(); });
    s.ping();
    s.is_answered({{}, slack}); // who is connected needs no names
}

void dead_name_server(const std::string& name, int rows)
{
    const network net;
    net.ask_for_names("10.0.0.2");
    const auto redis = program::redis(net);
    auto names = program::names(net, {"10.0.0.2"});
    asio::io_context context;
    scene s(name, rows, context, {.host = "peer.test"});
    names.kill();
    s.start();
    s.fails({error::host_not_found_try_again}, {{}, slack});
    s.now([&] { names.start(); });
    s.connects({{}, delay + slack});
}

void black_hole_of_one_family(const std::string& name, int rows)
{
    const network net;
    net.need_here("IPv6", "ip addr add fd00::1/64 dev cable nodad");
    net.there("ip addr add fd00::2/64 dev cable nodad");
    net.ask_for_names("10.0.0.2");
    const auto redis = program::redis(net);
    const auto names = program::names(net, {"fd00::2", "10.0.0.2"});
    asio::io_context context;
    scene s(name, rows, context, {.host = "peer.test"});
    net.here("nft add rule inet fault out meta nfproto ipv6 tcp dport 6379 drop");
    s.start();
    s.connects({250ms, 250ms + slack}); // the stagger
    s.ping();
    s.is_answered({{}, slack});
}
}

std::vector<scenario> connect_scenarios()
{
    return {
        {"black_hole", "what is sent to the peer vanishes", black_hole},
        {"firewall", "the peer's firewall refuses", refused_by_a_firewall},
        {"full_backlog", "the peer listens and never accepts", full_backlog},
        {"delay", "what is sent comes late", delayed},
        {"silent_name_server", "the name server stands still", silent_name_server},
        {"dead_name_server", "the name server is gone", dead_name_server},
        {"ipv6_black_hole", "one family of addresses leads nowhere", black_hole_of_one_family},
    };
}
}
