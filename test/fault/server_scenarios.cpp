// SPDX-License-Identifier: BSL-1.0
// What goes wrong with the server.
#include "fault/scene.hpp"

namespace fault
{
namespace
{
namespace error = boost::asio::error;

void killed(const std::string& name, int rows)
{
    const network net;
    auto redis = program::redis(net);
    asio::io_context context;
    scene s(name, rows, context);
    s.start();
    s.connects({{}, slack});
    s.now([&] { redis.kill(); });
    s.loses({error::eof, error::connection_reset}, {{}, slack});
    s.fails({error::connection_refused}, {{}, delay + slack});
    s.now([&] { redis.start(); });
    s.connects({{}, delay + slack});
}

void restarted(const std::string& name, int rows)
{
    const network net;
    auto redis = program::redis(net);
    asio::io_context context;
    scene s(name, rows, context);
    s.start();
    s.connects({{}, slack});
    s.now([&] { redis.start(); });
    s.loses({error::eof, error::connection_reset}, {{}, slack});
    s.connects({{}, delay + slack});
    for (int i = 0; i < 10; ++i)
        s.ping();
    s.is_answered({{}, slack});
}

/// Its kernel goes on accepting and acknowledging: only who wants an answer can tell.
void stopped_while_idle(const std::string& name, int rows)
{
    const network net;
    auto redis = program::redis(net);
    asio::io_context context;
    scene s(name, rows, context);
    redis.stop();
    s.start();
    s.fails({hf::errc::prepare_timed_out}, {prepare_timeout, prepare_timeout + slack});
    s.now([&] { redis.resume(); });
    s.connects({{}, delay + slack});
    s.now([&] { redis.stop(); });
    s.ping();
    s.stays_connected(dead_after + slack);
    s.now([&] { redis.resume(); });
    s.is_answered({{}, slack});
}

/// It takes nothing in: `dead_after` counts from when its buffers are full.
void stopped_while_written_to(const std::string& name, int rows)
{
    const network net;
    auto redis = program::redis(net);
    asio::io_context context;
    scene s(name, rows, context);
    s.start();
    s.connects({{}, slack});
    redis.stop();
    s.now([&] { s.flood(); });
    // The kernel tells its error to the first who asks, here the write; then the stream ends.
    s.loses({error::timed_out, error::eof}, {dead_after - 1s, dead_after + slack});
    const auto told = s.write_error();
    s.looks("error of the write", "Connection timed out", told.message(), told == error::timed_out);
    const auto left = s.why()->unacknowledged;
    s.looks("unacknowledged", "some", std::to_string(left) + " bytes", left > 0);
    s.now([&] { redis.start(); });
    s.connects({{}, delay + slack});
}

void without_descriptors(const std::string& name, int rows)
{
    const network net;
    poor_server server(net);
    asio::io_context context;
    scene s(name, rows, context, {.port = other_port});
    s.start();
    s.fails({hf::errc::prepare_timed_out}, {prepare_timeout, prepare_timeout + slack});
    s.now([&] { server.enrich(); });
    s.connects({{}, delay + slack});
    s.ping();
    s.is_answered({{}, slack});
}
}

std::vector<scenario> server_scenarios()
{
    return {
        {"server_killed", "SIGKILL, and started again", killed},
        {"server_restarted", "SIGKILL, and started again at once", restarted},
        {"server_stopped", "SIGSTOP and SIGCONT", stopped_while_idle},
        {"server_takes_nothing", "SIGSTOP under a client that writes", stopped_while_written_to},
        {"server_without_descriptors", "it cannot accept", without_descriptors},
    };
}
}
