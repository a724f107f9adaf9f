// SPDX-License-Identifier: BSL-1.0
#include "conformance/addressed_endpoint.hpp"
#include "conformance/world.hpp"

#include <boost/system/system_error.hpp>

namespace conformance
{
using hf::testing::memory_stream;

class factories : public world
{
};

TEST_F(factories, CS_80_one_protocol_for_each_connection_with_the_address_of_its_peer)
{
    std::vector<std::string> peers;
    const auto factory = [&](addressed_stream s, const std::string& peer)
    {
        peers.push_back(peer);
        return std::make_shared<reader>(std::move(s));
    };
    hf::client_service client(context, addressed_endpoint{endpoint}, factory,
                              options{.retry = plain(), .clock = &clock});
    client.start();
    settle();
    endpoint.last().peer().close();
    pass(1s);
    EXPECT_EQ(peers, (std::vector<std::string>{"192.0.2.1:1", "192.0.2.1:2"}));
    EXPECT_EQ(client.state(), service_state::connected);
}

TEST_F(factories, CS_80_a_callback_protocol_is_made_with_the_address_or_without)
{
    struct quiet : hf::callback_protocol
    {
        void made(hf::transport&) override {}
        void received(std::string_view) override {}
    };
    std::string told_peer;
    hf::client_service with(
        context, addressed_endpoint{endpoint},
        [&](const std::string& peer)
        {
            told_peer = peer;
            return std::make_shared<quiet>();
        },
        hf::client_options<quiet>{.clock = &clock});
    with.start();
    settle();
    EXPECT_EQ(told_peer, "192.0.2.1:1");
    EXPECT_EQ(with.state(), service_state::connected);
    with.stop();
    settle();
    hf::client_service without(
        context, endpoint, [] { return std::make_unique<quiet>(); },
        hf::client_options<quiet>{.clock = &clock});
    without.start();
    settle();
    EXPECT_EQ(without.state(), service_state::connected);
}

TEST_F(factories, CS_80_a_factory_may_have_a_state_of_its_own)
{
    auto client = begin<reader>(
        [count = 0](memory_stream s) mutable
        {
            ++count;
            auto made = std::make_shared<reader>(std::move(s));
            made->closes = 100 * count;
            return made;
        });
    endpoint.last().peer().close();
    pass(1s);
    EXPECT_EQ(client.current()->closes, 200);
}

TEST_F(factories, CS_15_one_that_refuses_makes_a_failure_and_the_connection_is_closed_and_retried)
{
    refusals = 2;
    make();
    hf::failure why;
    connect_outcome patient;
    connect_outcome limited;
    service->async_when_connected(patient.handler());
    service->async_when_connected(hf::fail_after{2}, why, limited.handler());
    service->start();
    settle();
    EXPECT_EQ(service->last_failure()->code, hf::errc::factory_refused);
    EXPECT_EQ(service->last_failure()->phase, hf::phase::factory);
    EXPECT_EQ(events.back().failures, 1U);
    EXPECT_EQ(endpoint.open_streams(), 0U);
    EXPECT_TRUE(endpoint.last().peer().ended());
    pass(1s);
    EXPECT_EQ(limited.code, hf::errc::factory_refused);
    EXPECT_EQ(why.attempt, 2U);
    EXPECT_FALSE(patient.code);
    pass(2s);
    EXPECT_EQ(patient.protocol(), protocols.at(0));
}

TEST_F(factories, CS_15_one_that_keeps_the_stream_and_refuses_has_it_closed)
{
    std::vector<memory_stream> kept;
    auto client = begin<reader>(
        [&](memory_stream s) -> std::shared_ptr<reader>
        {
            kept.push_back(std::move(s));
            return nullptr;
        });
    EXPECT_FALSE(kept.at(0).is_open());
    pass(1s);
    EXPECT_EQ(kept.size(), 2U);
}

TEST_F(factories, CS_15_a_coroutine_factory_or_a_callback_factory_may_refuse_too)
{
    struct never_made : hf::callback_protocol
    {
        void made(hf::transport&) override { ADD_FAILURE(); }
        void received(std::string_view) override {}
    };
    auto client = begin<never_made>([] { return std::shared_ptr<never_made>(); });
    EXPECT_EQ(client.last_failure()->code, hf::errc::factory_refused);
    EXPECT_EQ(endpoint.open_streams(), 0U);
    client.stop();
}

TEST_F(factories, CS_15_one_that_throws_makes_a_failure_with_what_it_threw)
{
    int calls = 0;
    auto client = begin<reader>(
        [&](memory_stream s)
        {
            if (++calls == 1)
                throw boost::system::system_error(asio::error::no_memory);
            if (calls == 2)
                throw 7;
            return std::make_shared<reader>(std::move(s));
        });
    EXPECT_EQ(client.last_failure()->code, asio::error::no_memory);
    EXPECT_EQ(client.last_failure()->phase, hf::phase::factory);
    EXPECT_EQ(endpoint.open_streams(), 0U);
    pass(1s);
    EXPECT_EQ(client.last_failure()->code, hf::errc::exception_thrown);
    pass(2s);
    EXPECT_EQ(client.state(), service_state::connected);
}

/// A protocol that cannot be run.
struct broken
{
    explicit broken(memory_stream s) : stream(std::move(s)) {}
    void async_run(const auto&) { throw std::runtime_error("not today"); }
    void close() noexcept { ADD_FAILURE() << "it never ran"; }
    memory_stream stream;
};

TEST_F(factories, CS_15_a_protocol_that_throws_when_it_is_run_makes_a_failure)
{
    auto client =
        begin<broken>([](memory_stream s) { return std::make_shared<broken>(std::move(s)); });
    EXPECT_EQ(client.last_failure()->code, hf::errc::exception_thrown);
    EXPECT_EQ(told(hf::event_kind::failed), 1);
    EXPECT_EQ(endpoint.open_streams(), 0U);
}

/// A factory with hooks, which tell what is done to it.
struct hooked
{
    std::vector<std::string>* log;
    bool* throws;

    void start() const
    {
        log->push_back("start");
        if (std::exchange(*throws, false))
            throw std::runtime_error("no");
    }
    void stop() const
    {
        log->push_back("stop");
        if (std::exchange(*throws, false))
            throw std::runtime_error("no");
    }
    std::shared_ptr<reader> operator()(memory_stream s) const
    {
        log->push_back("make");
        return std::make_shared<reader>(std::move(s));
    }
};

class factory_hooks : public factories
{
protected:
    std::vector<std::string> log;
    bool throws = false;
    using words = std::vector<std::string>;
};

TEST_F(factory_hooks, CS_81_start_comes_before_the_first_connection_and_stop_after_the_last)
{
    auto client = begin<reader>(hooked{&log, &throws});
    EXPECT_EQ(log, (words{"start", "make"}));
    endpoint.last().peer().close();
    settle();
    EXPECT_EQ(log, (words{"start", "make", "stop"}));
    pass(1s);
    EXPECT_EQ(log, (words{"start", "make", "stop", "start", "make"}));
    client.stop();
    settle();
    EXPECT_EQ(log.back(), "stop");
    EXPECT_EQ(log.size(), 6U);
}

TEST_F(factory_hooks, CS_81_services_that_share_a_factory_share_its_hooks)
{
    live_at_once = 2;
    const hf::client_definition<reader> definition(context, endpoint, hooked{&log, &throws},
                                                   options{.retry = plain(), .clock = &clock});
    hf::client_service<reader> first(definition);
    hf::client_service<reader> second(definition);
    first.start();
    second.start();
    settle();
    EXPECT_EQ(log, (words{"start", "make", "make"}));
    first.stop();
    settle();
    EXPECT_EQ(log.size(), 3U);
    second.stop();
    settle();
    EXPECT_EQ(log, (words{"start", "make", "make", "stop"}));
}

TEST_F(factory_hooks, CS_81_a_start_that_throws_makes_a_failure_and_is_called_again)
{
    throws = true;
    auto client = begin<reader>(hooked{&log, &throws});
    EXPECT_EQ(client.last_failure()->code, hf::errc::exception_thrown);
    EXPECT_EQ(log, (words{"start"})); // what did not start is not stopped
    pass(1s);
    EXPECT_EQ(log, (words{"start", "start", "make"}));
    EXPECT_EQ(client.state(), service_state::connected);
}

TEST_F(factory_hooks, CS_81_a_stop_that_throws_harms_nobody)
{
    auto client = begin<reader>(hooked{&log, &throws});
    throws = true;
    endpoint.last().peer().close();
    pass(1s);
    EXPECT_EQ(log, (words{"start", "make", "stop", "start", "make"}));
    EXPECT_EQ(client.state(), service_state::connected);
}

TEST_F(factory_hooks, CS_81_stop_comes_also_when_the_service_is_destroyed)
{
    {
        auto client = begin<reader>(hooked{&log, &throws});
    }
    settle();
    EXPECT_EQ(log, (words{"start", "make", "stop"}));
}

/// A factory whose `start()` does what the test says.
struct starting
{
    std::function<void()>* on_start;
    int* made;

    void start() const { (*on_start)(); }
    std::shared_ptr<reader> operator()(memory_stream s) const
    {
        ++*made;
        return std::make_shared<reader>(std::move(s));
    }
};

TEST_F(factory_hooks, CS_19_a_start_that_destroys_the_service_is_the_last_that_is_called)
{
    int made = 0;
    std::optional<hf::client_service<reader>> client;
    std::function<void()> on_start = [&] { client.reset(); };
    client.emplace(context, endpoint, starting{&on_start, &made}, options{.clock = &clock});
    client->start();
    settle();
    EXPECT_EQ(made, 0);
    EXPECT_FALSE(endpoint.last().peer().peer_open());
}
}
