// SPDX-License-Identifier: BSL-1.0
// What an endpoint is told of the attempts on it, and what one makes of that which remembers.
#include "conformance/fixture.hpp"

#include <holdfast/endpoints/failover.hpp>
#include <holdfast/testing/scripted_resolver.hpp>

namespace conformance
{
/// A scripted endpoint that has its resolver forget a name with each failure.
struct remembering_endpoint
{
    using stream_type = hf::testing::memory_stream;

    std::string name;
    hf::testing::scripted_endpoint inner{};
    std::shared_ptr<std::vector<hf::failure>> told = std::make_shared<std::vector<hf::failure>>();

    template <class Token>
    auto async_connect(const hf::dial_context& context, Token&& token) const
    {
        return inner.async_connect(context, std::forward<Token>(token));
    }

    void failed(const hf::failure& why, hf::resolver& names) const noexcept
    {
        told->push_back(why);
        names.forget(name);
    }
};

inline std::string to_string(const remembering_endpoint& e)
{
    return e.name;
}

class told_failures : public fixture
{
protected:
    /// A started service on an endpoint that remembers.
    template <class Endpoint>
    void run_on(Endpoint e, options o = {.retry = plain()})
    {
        o.clock = &clock;
        o.resolver = &names;
        service.emplace(
            context, std::move(e),
            [this](auto s) -> std::shared_ptr<reader>
            {
                if (refusals > 0 && refusals-- > 0)
                    return nullptr;
                protocols.push_back(std::make_shared<reader>(std::move(s)));
                return protocols.back();
            },
            std::move(o));
        service->start();
        settle();
    }

    std::vector<hf::phase> phases() const
    {
        std::vector<hf::phase> result;
        for (const auto& f : *remembering.told)
            result.push_back(f.phase);
        return result;
    }

    remembering_endpoint remembering{"db.example"};
    hf::testing::scripted_resolver names;
};

TEST_F(told_failures, are_those_of_each_phase_and_losses_and_reach_the_resolver)
{
    int preparations = 0;
    remembering.inner.then(refused);
    refusals = 1;
    run_on(remembering, {.retry = plain(),
                         .prepare = [&](reader&)
                         {
                             if (++preparations == 1)
                                 throw std::runtime_error("not yet");
                         }});
    pass(3s); // refused, then by the factory, then by the preparation
    EXPECT_EQ(phases(), (std::vector{hf::phase::connect, hf::phase::factory, hf::phase::prepare}));
    pass(4s);
    EXPECT_EQ(service->state(), service_state::connected);
    EXPECT_EQ(phases().size(), 3U);
    remembering.inner.last().peer().close();
    settle();
    EXPECT_EQ(phases().back(), hf::phase::session);
    EXPECT_EQ(names.forgotten(), std::vector<std::string>(4, "db.example"));
}

TEST_F(told_failures, are_told_of_an_attempt_that_ran_out_of_time)
{
    remembering.inner.then(dial_step::hang());
    run_on(remembering, {.retry = plain(), .attempt_timeout = 2s});
    pass(2s);
    ASSERT_EQ(remembering.told->size(), 1U);
    EXPECT_EQ(remembering.told->front().code, hf::errc::connect_timed_out);
}

TEST_F(told_failures, are_no_stops)
{
    remembering.inner.then(dial_step::hang());
    run_on(remembering);
    service->stop();
    settle();
    service->start();
    settle();
    EXPECT_EQ(service->state(), service_state::connected);
    service->stop();
    settle();
    EXPECT_TRUE(remembering.told->empty());
}

TEST_F(told_failures, reach_endpoints_that_are_erased_and_among_others)
{
    const hf::failover several{{hf::any_endpoint(remembering), hf::any_endpoint(remembering)}};
    hf::tell_failed(hf::any_endpoint(several), {.phase = hf::phase::tls}, names);
    EXPECT_EQ(phases(), (std::vector{hf::phase::tls, hf::phase::tls}));
    hf::tell_failed(endpoint, {}, names); // which remembers nothing
}

TEST_F(told_failures, have_a_failover_leave_an_endpoint_whose_preparation_fails)
{
    remembering_endpoint first{"a"}, second{"b"};
    int preparations = 0;
    run_on(hf::failover_among<remembering_endpoint>({first, second}),
           {.retry = plain(),
            .prepare = [&](reader&)
            {
                if (++preparations == 1)
                    throw std::runtime_error("not this one");
            }});
    EXPECT_EQ(first.inner.dial_count(), 1U);
    pass(1s);
    EXPECT_EQ(service->state(), service_state::connected);
    EXPECT_EQ(first.inner.dial_count(), 1U);
    EXPECT_EQ(second.inner.dial_count(), 1U);
    finish();
}
}
