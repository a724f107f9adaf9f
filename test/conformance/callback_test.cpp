// SPDX-License-Identifier: BSL-1.0
#include "conformance/world.hpp"

namespace conformance
{
/// A callback protocol that writes down what happened to it, and does what a test says when it
/// does: the hooks are given the word just written down.
struct diary : hf::callback_protocol
{
    explicit diary(std::vector<std::string>& l, std::function<void(diary&, std::string_view)>& h)
        : log(l)
        , hook(h)
    {
    }

    void note(std::string word)
    {
        log.push_back(word);
        if (hook)
            hook(*this, word);
    }

    void made(hf::transport& t) override
    {
        transport = &t;
        note("made");
    }
    void received(std::string_view bytes) override { note(std::string(bytes)); }
    bool receive_ended() override
    {
        note("receive_ended");
        return goes_on;
    }
    void lost(error_code why) override { note(why ? "lost: " + why.message() : "lost"); }

    std::vector<std::string>& log;
    std::function<void(diary&, std::string_view)>& hook;
    hf::transport* transport = nullptr;
    bool goes_on = false;
};

class callbacks : public world
{
protected:
    using words = std::vector<std::string>;

    hf::client_service<diary>& live()
    {
        client.emplace(begin<diary>([this] { return std::make_shared<diary>(log, hook); }));
        return *client;
    }

    void TearDown() override
    {
        client.reset();
        settle();
        world::TearDown();
    }

    hf::testing::memory_stream& peer() { return endpoint.last().peer(); }

    words log;
    std::function<void(diary&, std::string_view)> hook;
    std::optional<hf::client_service<diary>> client;
};

TEST_F(callbacks, CS_80_are_called_in_order)
{
    live();
    EXPECT_EQ(client->state(), service_state::connected);
    peer().give("hello");
    settle();
    client->current()->transport->write("world");
    settle();
    EXPECT_EQ(peer().take(), "world");
    peer().close();
    settle();
    EXPECT_EQ(log, (words{"made", "hello", "receive_ended", "lost"}));
    EXPECT_EQ(client->last_failure()->code, error_code());
    EXPECT_EQ(told(hf::event_kind::lost), 1);
}

TEST_F(callbacks, CS_05_an_error_of_the_stream_is_that_of_the_loss)
{
    live();
    peer().reset();
    settle();
    EXPECT_EQ(client->last_failure()->code, asio::error::connection_reset);
    EXPECT_EQ(log.size(), 2U);
}

TEST_F(callbacks, CS_06_a_stop_sends_what_is_unsent_and_then_closes)
{
    hook = [](diary& d, std::string_view word)
    {
        if (word == "made")
            d.transport->write("greetings");
    };
    live();
    stop_outcome stopped;
    client->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(peer().take(), "greetings");
    EXPECT_EQ(log, (words{"made", "lost"}));
}

TEST_F(callbacks, CS_82_one_that_handles_half_close_goes_on_writing)
{
    hook = [](diary& d, std::string_view word)
    {
        if (word == "made")
            d.goes_on = true;
    };
    live();
    peer().shutdown_send();
    settle();
    EXPECT_EQ(client->state(), service_state::connected);
    client->current()->transport->write("still here");
    settle();
    EXPECT_EQ(peer().take(), "still here");
    client->current()->transport->close();
    settle();
    EXPECT_EQ(log, (words{"made", "receive_ended", "lost"}));
}

/// Each callback, with each thing that it may do.
class callbacks_that : public callbacks,
                       public ::testing::WithParamInterface<std::tuple<const char*, const char*>>
{
};

TEST_P(callbacks_that, CS_1B_may_call_the_service_and_the_transport)
{
    const std::string_view where = std::get<0>(GetParam());
    const std::string_view what = std::get<1>(GetParam());
    stop_outcome stopped;
    outcome<std::shared_ptr<diary>> waited;
    int visits = 0;
    hook = [&](diary& d, std::string_view word)
    {
        if (!client || !word.starts_with(where) || visits++ != 0)
            return;
        if (what == "stop")
            client->async_stop(stopped.handler());
        else if (what == "start")
            client->start();
        else if (what == "wait")
            client->async_when_connected(waited.handler());
        else if (what == "destroy")
            client.reset();
        else if (what == "close")
            d.transport->close();
        else if (what == "abort")
            d.transport->abort();
        else if (what == "write")
            d.transport->write("more");
        else
            throw std::runtime_error("no");
        EXPECT_EQ(stopped.completions + waited.completions, 0);
    };
    // The service is first assigned once it has begun: "made" comes later, with the dial.
    client.emplace(
        context, endpoint, [this] { return std::make_shared<diary>(log, hook); },
        hf::client_options<diary>{.retry = plain(), .clock = &clock});
    client->start();
    settle();
    if (endpoint.dial_count() == 1 && endpoint.last().result() == error_code())
    {
        peer().give("data");
        settle();
        peer().close();
        pass(1s);
    }
    EXPECT_GE(visits, 1);
    EXPECT_EQ(
        std::count_if(log.begin(), log.end(), [](const auto& w) { return w.starts_with("lost"); }),
        1);
    if (what == "stop")
    {
        EXPECT_EQ(stopped.code, error_code());
        EXPECT_EQ(client->state(), service_state::stopped);
    }
    else if (what == "destroy")
        EXPECT_FALSE(client);
    else
        EXPECT_EQ(client->state(), service_state::connected);
    EXPECT_EQ(waited.completions, what == "wait" ? 1 : 0);
}

INSTANTIATE_TEST_SUITE_P(
    from, callbacks_that,
    ::testing::Combine(::testing::Values("made", "data", "receive_ended", "lost"),
                       ::testing::Values("stop", "start", "wait", "destroy", "close", "abort",
                                         "write", "throw")),
    [](const auto& which)
    { return std::string(std::get<0>(which.param)) + "_" + std::get<1>(which.param); });
}
