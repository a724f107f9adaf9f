// SPDX-License-Identifier: BSL-1.0
#include <holdfast/detail/callback_transport.hpp>

#include "unit/protocols/callback_fixture.hpp"

#include <boost/asio/error.hpp>

#include <array>
#include <system_error>

namespace callbacks
{
/// Provokes each callback, once or more often.
struct callback_reentrancy : in_memory
{
    static constexpr std::array<std::string_view, 6> all{
        "made", "received", "receive_ended", "write_paused", "write_resumed", "lost"};

    /// Has `f(transport)` called within each callback named so.
    template <class F>
    void within(std::string_view callback, F f)
    {
        script_.in = [this, callback, f](std::string_view now, std::string_view)
        {
            if (now != callback)
                return;
            ++calls_;
            f(*script_.transport);
        };
    }

    /// One connection with all callbacks, as far as it gets.
    void provoke()
    {
        script_.half_close = true;
        script_.limit = 10;
        calls_ = 0;
        auto step = dial_step::succeed();
        step.capacity = 100;
        endpoint.otherwise(step);
        make({.retry = hf::retry::fixed{1h}});
        service->start();
        settle();
        if (script_.transport != nullptr)
            script_.transport->write(pattern(1000));
        drain();
        peer().give("hello");
        peer().shutdown_send();
        drain();
        if (script_.transport != nullptr)
            script_.transport->close();
        drain();
        EXPECT_GE(calls_, 1);
    }

    int calls_ = 0;
};

TEST_F(callback_reentrancy, all_callbacks_are_provoked)
{
    within("made", [](hf::transport&) {});
    provoke();
    EXPECT_EQ(script_.log,
              (strings{"made", "write_paused", "write_resumed", "receive_ended", "lost"}));
    EXPECT_EQ(script_.received, "hello");
}

TEST_F(callback_reentrancy, CS_1B_every_call_is_legal_from_within_every_callback)
{
    using call = std::pair<const char*, void (*)(callback_reentrancy&, hf::transport&)>;
    static constexpr call calls[] = {
        {"write", [](auto&, hf::transport& t) { t.write("x"); }},
        {"much",
         [](auto& test, hf::transport& t)
         {
             if (test.calls_ < 3)
                 t.write(pattern(500));
         }},
        {"unsent", [](auto&, hf::transport& t) { static_cast<void>(t.unsent()); }},
        {"peer", [](auto&, hf::transport& t) { EXPECT_EQ(t.peer(), ""); }},
        {"executor", [](auto& test, hf::transport& t)
         { EXPECT_EQ(t.get_executor(), asio::any_io_executor(test.context.get_executor())); }},
        {"pause", [](auto&, hf::transport& t) { t.pause_reading(); }},
        {"resume", [](auto&, hf::transport& t) { t.resume_reading(); }},
        {"shutdown_send", [](auto&, hf::transport& t) { t.shutdown_send(); }},
        {"close", [](auto&, hf::transport& t) { t.close(); }},
        {"abort", [](auto&, hf::transport& t) { t.abort(); }},
        {"stop", [](auto& test, hf::transport&) { test.service->stop(); }},
        {"restart",
         [](auto& test, hf::transport&)
         {
             test.service->stop();
             if (test.calls_ < 3) // lest it goes on for ever
                 test.service->start();
         }},
        {"all",
         [](auto& test, hf::transport& t)
         {
             if (test.calls_ < 3)
                 t.write(pattern(500));
             t.pause_reading();
             t.resume_reading();
             t.shutdown_send();
             t.close();
             t.write("x");
             t.abort();
             t.resume_reading();
             t.close();
         }},
    };
    for (const auto callback : all)
        for (const auto& [name, f] : calls)
        {
            SCOPED_TRACE(std::string(name) + " within " + std::string(callback));
            within(callback, [this, f](hf::transport& t) { f(*this, t); });
            const auto before = script_.losses.size();
            provoke();
            script_.in = nullptr;
            service.reset();
            settle();
            EXPECT_GT(script_.losses.size(), before);
            EXPECT_EQ(count("made"), count("lost"));
        }
}

TEST_F(callback_reentrancy, CS_19_the_service_may_be_destroyed_from_within_every_callback)
{
    for (const auto callback : all)
    {
        SCOPED_TRACE(callback);
        script_.losses.clear();
        within(callback, [this](hf::transport&) { service.reset(); });
        provoke();
        EXPECT_EQ(calls_, 1);
        ASSERT_EQ(script_.losses.size(), 1U);
        const error_code why = callback == "made" ? asio::error::eof // it was not in use yet
                               : callback == "write_paused" ? asio::error::operation_aborted
                                                            : error_code();
        EXPECT_EQ(script_.losses[0], why);
        EXPECT_FALSE(peer().peer_open());
    }
}

TEST_F(callback_reentrancy, what_a_callback_throws_is_the_reason_of_the_loss)
{
    for (const auto callback : all)
    {
        SCOPED_TRACE(callback);
        script_.losses.clear();
        within(callback, [](hf::transport&) { throw std::domain_error("no"); });
        provoke();
        EXPECT_EQ(calls_, 1);
        ASSERT_EQ(script_.losses.size(), 1U);
        const auto why = service->last_failure();
        EXPECT_EQ(script_.losses[0], why->code);
        if (callback == "lost")
        {
            EXPECT_EQ(why->code, error_code()) << "it was known already";
            continue;
        }
        EXPECT_EQ(why->code, hf::errc::exception_thrown);
        EXPECT_THROW(std::rethrow_exception(why->exception), std::domain_error);
        EXPECT_EQ(service->state(), service_state::waiting);
    }
}

TEST_F(callback_reentrancy, the_error_within_what_is_thrown_is_told)
{
    const auto bad = std::make_error_code(std::errc::bad_message);
    within("received", [bad](hf::transport&) { throw std::system_error(bad); });
    provoke();
    EXPECT_EQ(script_.losses, (std::vector<error_code>{bad}));
}

TEST_F(callback_reentrancy, the_first_reason_stands)
{
    within("received",
           [](hf::transport& t)
           {
               t.abort();
               throw std::domain_error("too late");
           });
    provoke();
    EXPECT_EQ(script_.losses, (std::vector<error_code>{asio::error::connection_aborted}));
}

TEST_F(callback_reentrancy, calls_within_lost_do_nothing)
{
    within("lost",
           [](hf::transport& t)
           {
               t.write(pattern(1000));
               EXPECT_EQ(t.unsent(), 0U);
               t.resume_reading();
               t.shutdown_send();
               t.close();
               t.abort();
           });
    provoke();
    EXPECT_EQ(script_.losses, (std::vector<error_code>{{}}));
    EXPECT_EQ(drain(), "");
}

TEST_F(callback_reentrancy, an_observer_may_destroy_the_service_when_a_call_ended_the_connection)
{
    using call = void (*)(hf::transport&);
    for (const call end :
         {call([](hf::transport& t) { t.close(); }), call([](hf::transport& t) { t.abort(); }),
          call([](hf::transport& t) { t.write("x"); })})
    {
        options o{.retry = hf::retry::fixed{1h}};
        o.observe = [this](const hf::event& e)
        {
            if (e.kind == hf::event_kind::lost)
                service.reset();
        };
        connect(std::move(o));
        script_.transport->pause_reading();
        peer().give("x"); // after this no read is pending that could keep the connection alive
        settle();
        peer().close();
        end(*script_.transport);
        settle();
        EXPECT_FALSE(service);
        EXPECT_EQ(count("lost"), count("made"));
    }
}

TEST_F(callback_reentrancy, a_factory_that_destroys_the_service_has_made_a_protocol_that_never_runs)
{
    std::weak_ptr<probe> gone;
    service.emplace(
        context, endpoint,
        [&]
        {
            service.reset();
            auto p = std::make_shared<probe>(script_);
            gone = p;
            return p;
        },
        options{.clock = &clock});
    service->start();
    settle();
    EXPECT_TRUE(gone.expired());
    EXPECT_EQ(script_.log, strings{});
    EXPECT_FALSE(peer().peer_open());
}
}
