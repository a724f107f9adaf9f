// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SOAK_CLIENTS_HPP
#define HOLDFAST_TEST_SOAK_CLIENTS_HPP

#include "soak/servers.hpp"

#include <holdfast/client_service.hpp>

#include <boost/asio/io_context.hpp>

#include <functional>
#include <memory>
#include <random>
#include <vector>

namespace soak
{
namespace asio = boost::asio;

/// What happened so far, to all services.
struct counts
{
    long services = 0;
    long dials = 0;
    long connections = 0;
    long failures = 0;
    long losses = 0;
    long waits = 0;       ///< Operations that were begun
    long completions = 0; ///< and completed.
};

/// One service of whatever kind.
class client
{
public:
    virtual ~client() = default;

    /// Does something that a user might do.
    virtual void act(std::mt19937& random) = 0;
};

/// Makes services of every kind: by endpoint (address, name, Unix socket) and by protocol (object
/// with a preparation, coroutine, callbacks), in turn.
class client_maker
{
public:
    /// All but `counts` is copied.
    client_maker(asio::io_context& context, const servers& s, counts& c);

    std::unique_ptr<client> operator()();

private:
    template <class Endpoint>
    void add(asio::io_context& context, const Endpoint& e);

    counts& counts_;
    std::vector<std::function<std::unique_ptr<client>()>> kinds_;
};
}

#endif
