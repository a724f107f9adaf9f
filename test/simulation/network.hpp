// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SIMULATION_NETWORK_HPP
#define HOLDFAST_TEST_SIMULATION_NETWORK_HPP

#include "simulation/model.hpp"

#include <holdfast/endpoint.hpp>
#include <holdfast/testing/memory_stream.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/compose.hpp>

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace simulation
{
class world;
class subject;

/// What one dial of a service comes to, and the other end of its connection.
struct connection
{
    subject* owner = nullptr;
    int number = 0;
    std::string name; ///< Looked up first, unless empty.
    bool looking_up = false;
    bool stubborn = false;  ///< The dial does not end when it is cancelled.
    bool abandoned = false; ///< The service has told that it let it go.
    std::optional<hf::testing::scripted_endpoint> endpoint;
    std::optional<hf::testing::scripted_dial> dial;

    bool pending() const { return looking_up || (dial && dial->pending()); }
    bool connected() const { return dial && dial->result() == error_code(); }
    bool open() const { return connected() && dial->peer().peer_open(); }
};

/// A network in memory with all the faults of a real one, drawn at random; when the world is calm
/// it has none.
class network
{
public:
    explicit network(world& w) : world_(w) {}

    /// Draws what becomes of one dial of `owner`. May throw, as an endpoint may.
    connection& draw(subject& owner);

    /// Something happens somewhere: bytes, an end, an answer that was long in coming.
    void act();

    /// Everything that never answers gives up.
    void give_up();

    /// Forgets what is over.
    void sweep();

    /// The service has let go of all that it had.
    void abandon(const subject& owner);

    /// Dials of `owner` that go on, less those that were abandoned; with `obedient` less those also
    /// that heed no cancellation.
    std::size_t dials(const subject& owner, bool obedient = false) const;

    /// Connections of `owner` whose near end is open; with `abandoned` also those.
    std::size_t open_streams(const subject& owner, bool abandoned) const;

    bool empty() const noexcept { return connections_.empty(); }

private:
    hf::testing::dial_step step(connection& c, bool floored);
    void act_on(connection& c);
    void act_on_stream(connection& c, hf::testing::memory_stream& peer);

    world& world_;
    std::vector<std::unique_ptr<connection>> connections_;
    int last_ = 0;
};

/// How a service reaches that network.
class endpoint
{
public:
    using stream_type = hf::testing::memory_stream;

    endpoint(network& net, subject& owner) : net_(&net), owner_(&owner) {}

    template <class Token>
    auto async_connect(const hf::dial_context& context, Token&& token) const
    {
        return asio::async_compose<Token, void(error_code, stream_type)>(
            dialling{net_, owner_, context}, token, context.executor);
    }

    friend std::string to_string(const endpoint&) { return "simulated"; }

private:
    struct dialling
    {
        network* net;
        subject* owner;
        hf::dial_context context;
        connection* drawn = nullptr;

        template <class Self>
        void operator()(Self& self)
        {
            self.reset_cancellation_state(asio::enable_total_cancellation());
            drawn = &net->draw(*owner);
            if (drawn->name.empty())
                return connect(self);
            context.report->phase = hf::phase::lookup;
            drawn->looking_up = true;
            const auto c = context; // moving `self` empties *this
            const auto name = drawn->name;
            c.resolver->async_resolve(c.executor, name, hf::address_family::any, std::move(self));
        }

        template <class Self>
        void operator()(Self& self, error_code ec, const hf::resolver::addresses&)
        {
            drawn->looking_up = false;
            if (self.cancelled() != asio::cancellation_type::none && !drawn->stubborn)
                ec = asio::error::operation_aborted;
            if (!ec)
                return connect(self);
            drawn->endpoint = std::nullopt; // it is over
            self.complete(ec, stream_type(context.executor));
        }

        template <class Self>
        void operator()(Self& self, error_code ec, stream_type stream)
        {
            self.complete(ec, std::move(stream));
        }

        template <class Self>
        void connect(Self& self)
        {
            const auto c = context; // moving `self` empties *this
            connection& d = *drawn;
            c.report->phase = hf::phase::connect;
            d.endpoint->async_connect(c, std::move(self));
            d.dial = d.endpoint->last();
        }
    };

    network* net_;
    subject* owner_;
};
}

#endif
