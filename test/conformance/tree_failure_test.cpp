// SPDX-License-Identifier: BSL-1.0
// What goes wrong in a tree, what is called from inside it, and how it ends.
#include "conformance/tree_fixture.hpp"

#include <holdfast/retry/fixed.hpp>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>

namespace conformance
{
class tree_start : public tree_fixture
{
};

TEST_F(tree_start, a_child_that_fails_has_those_before_it_stopped_in_reverse_and_no_other_started)
{
    add("a");
    const auto b = add("b");
    b->lingers = true;
    add("c")->on_start = thrower("no such port");
    add("d");

    EXPECT_THROW(root->start(), hf::tree_error);
    EXPECT_FALSE(root->running());
    settle();
    EXPECT_EQ(news(), (journal{"start a", "start b", "start c", "stop c", "stop b"}));
    b->end();
    settle();
    EXPECT_EQ(news(), (journal{"stop a"})); // and not d, which was never started
}

TEST_F(tree_start, a_privileged_start_that_fails_is_undone_the_same_way)
{
    add("a");
    add("b")->on_privileged_start = thrower("not root");
    add("c");
    try
    {
        root->privileged_start();
        FAIL() << "it has thrown nothing";
    }
    catch (const hf::tree_error& e)
    {
        EXPECT_STREQ(e.what(), "root/b could not be started: not root");
        EXPECT_EQ(paths(e.why()), (std::vector<std::string>{"root/b"}));
    }
    settle();
    EXPECT_EQ(news(), (journal{"privileged a", "privileged b", "stop b", "stop a"}));
}

TEST_F(tree_start, awaited_it_tells_all_that_went_wrong_together_when_it_has_been_undone)
{
    const auto a = add("a");
    a->lingers = true;
    a->end_code = asio::error::broken_pipe;
    const auto feeds = root->add(make({.name = "feeds"}));
    feeds->add(make_part("b"))->on_stop = thrower("torn");
    feeds->add(make_part("c"))->on_start = thrower("no such port");

    stop_outcome started;
    hf::tree_failure why;
    root->async_start(why, started.handler());
    settle();
    EXPECT_FALSE(started.code); // while it is being undone
    a->end();
    settle();
    EXPECT_EQ(started.code, hf::errc::exception_thrown);
    EXPECT_EQ(to_string(why), "root/feeds/c could not be started: no such port; "
                              "root/feeds/b did not stop in good order: torn; "
                              "root/a did not stop in good order: Broken pipe");
    EXPECT_EQ(news(), (journal{"start a", "start b", "start c", "stop c", "stop b", "stop a"}));
}

TEST_F(tree_start, after_a_failure_it_can_be_started_again)
{
    add("a");
    const auto b = add("b");
    b->on_start = thrower("not yet");
    EXPECT_THROW(root->start(), hf::tree_error);
    settle();
    news();

    b->on_start = nullptr;
    stop_outcome started;
    root->async_start(started.handler());
    settle();
    EXPECT_EQ(started.code, error_code());
    EXPECT_EQ(news(), (journal{"start a", "start b"}));
}

TEST_F(tree_start, a_second_one_that_nobody_waits_for_leaves_its_failure_to_be_asked_for)
{
    const auto a = add("a");
    a->lingers = true;
    root->start();
    root->stop();
    root->start();
    a->on_start = thrower("not again");
    a->lingers = false;
    a->end();
    settle();
    EXPECT_FALSE(root->running());
    EXPECT_EQ(to_string(*root->last_failure()), "root/a could not be started: not again");
}

TEST_F(tree_start, one_that_left_while_it_failed_does_not_fail_the_tree)
{
    const auto a = add("a");
    a->on_start = [&]
    {
        a->disown_parent();
        throw std::runtime_error("gone");
    };
    add("b");
    root->start();
    settle();
    EXPECT_TRUE(root->running());
    EXPECT_EQ(news(), (journal{"start a", "stop a", "start b"}));
}

class tree_reentrancy : public tree_fixture
{
};

TEST_F(tree_reentrancy, stopped_from_inside_a_start_no_other_child_is_started)
{
    add("a");
    stop_outcome stopped;
    add("b")->on_start = [&] { root->async_stop(stopped.handler()); };
    add("c");
    root->start();
    settle();
    EXPECT_EQ(news(), (journal{"start a", "start b", "stop b", "stop a"}));
    EXPECT_EQ(stopped.code, error_code());
}

TEST_F(tree_reentrancy, started_from_inside_a_stop_it_starts_when_that_has_ended)
{
    add("a");
    const auto b = add("b");
    root->start();
    b->on_stop = [&]
    {
        b->on_stop = nullptr;
        root->start();
    };
    root->stop();
    settle();
    EXPECT_EQ(news(), (journal{"start a", "start b", "stop b", "stop a", "start a", "start b"}));
}

TEST_F(tree_reentrancy, started_from_inside_the_privileged_start_it_starts_after_it)
{
    add("a")->on_privileged_start = [&] { root->start(); };
    add("b");
    root->privileged_start();
    EXPECT_EQ(news(), (journal{"privileged a", "privileged b", "start a", "start b"}));
}

TEST_F(tree_reentrancy, removed_from_inside_a_stop_the_others_are_still_stopped)
{
    const auto a = add("a");
    const auto b = add("b");
    const auto c = add("c");
    root->start();
    c->lingers = true;
    c->on_stop = [&]
    {
        b->disown_parent();
        c->disown_parent();
    };
    stop_outcome stopped;
    root->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, error_code()); // c is no child of it any more
    EXPECT_EQ(news(), (journal{"start a", "start b", "start c", "stop c", "stop b", "stop a"}));
    c->end();
}

TEST_F(tree_reentrancy, removed_before_its_turn_a_child_is_not_started)
{
    const auto b = make_part("b");
    add("a")->on_start = [&] { b->disown_parent(); };
    root->add(b);
    add("c");
    root->start();
    EXPECT_EQ(news(), (journal{"start a", "start c"}));
}

TEST_F(tree_reentrancy, stopped_from_inside_its_own_start_a_service_ends_after_it)
{
    const auto a = make_part("a");
    a->on_start = [&]
    {
        a->stop();
        EXPECT_EQ(told, (journal{"start a"}));
    };
    a->start();
    EXPECT_EQ(news(), (journal{"start a", "stop a"}));
    EXPECT_FALSE(a->running());
}

class tree_end : public tree_fixture
{
};

TEST_F(tree_end, destroyed_while_it_stops_who_waits_gets_operation_aborted)
{
    add("a")->lingers = true;
    root->start();
    stop_outcome stopped;
    root->async_stop(stopped.handler());
    settle();
    root = nullptr;
    settle();
    EXPECT_EQ(stopped.code, asio::error::operation_aborted);
    EXPECT_EQ(stopped.completions, 1);
}

TEST_F(tree_end, destroyed_from_inside_a_start_or_a_stop_nothing_is_told_any_more)
{
    add("a");
    const auto b = add("b");
    b->on_start = [&] { root = nullptr; };
    const auto keep = root;
    root->start(); // whoever calls it holds it
    settle();
    EXPECT_EQ(news(), (journal{"start a", "start b"}));

    b->on_stop = [&] { b->on_stop = nullptr; };
    root = keep;
}

TEST_F(tree_end, the_last_pointer_may_go_inside_a_callback)
{
    stop_outcome ready;
    const auto a = add("a");
    a->is_ready = false;
    a->on_stop = [&] { root = nullptr; };
    root->start();
    root->async_ready(ready.handler());
    root->stop();
    settle();
    EXPECT_EQ(root, nullptr);
    EXPECT_EQ(ready.code, hf::errc::stopped);
    EXPECT_EQ(a->parent(), nullptr);
}

TEST_F(tree_end, a_child_that_somebody_else_holds_goes_on_without_its_parent)
{
    const auto a = add("a");
    root->start();
    root = nullptr;
    EXPECT_EQ(a->parent(), nullptr);
    EXPECT_TRUE(a->running());
    EXPECT_EQ(a->path(), "a");
}

class tree_ready : public tree_fixture
{
};

TEST_F(tree_ready, a_tree_is_ready_when_all_are_that_must_be)
{
    const auto a = add("a");
    const auto b = add("b");
    const auto c = add("c", {.must_be_ready = false});
    a->is_ready = b->is_ready = c->is_ready = false;
    stop_outcome ready;
    root->async_ready(ready.handler()); // before the first start it waits
    root->start();
    a->tell_ready();
    settle();
    EXPECT_FALSE(ready.code);
    EXPECT_FALSE(root->ready());
    b->tell_ready();
    settle();
    EXPECT_EQ(ready.code, error_code());
    EXPECT_TRUE(root->ready());

    stop_outcome again;
    root->async_ready(again.handler());
    EXPECT_FALSE(again.code);
    settle();
    EXPECT_EQ(again.code, error_code());
    root->stop();
    EXPECT_FALSE(root->ready());
}

TEST_F(tree_ready, a_client_is_ready_when_its_first_connection_is_prepared)
{
    endpoint.then(dial_step::fail(asio::error::connection_refused));
    const auto client =
        root->add(as_service(make_client({.name = "client", .retry = hf::retry::fixed{1s}})));
    stop_outcome started;
    root->async_start(started.handler());
    settle();
    EXPECT_FALSE(started.code);
    pass(1s);
    EXPECT_EQ(started.code, error_code());
    EXPECT_NE(client->client().current(), nullptr);

    endpoint.then(dial_step::hang());
    endpoint.last().peer().close();
    pass(1s);
    EXPECT_EQ(client->client().state(), service_state::dialling);
    EXPECT_TRUE(client->ready()); // the first was enough
    EXPECT_TRUE(root->ready());
}

TEST_F(tree_ready, a_client_that_gives_up_tells_why_it_will_not_be_ready)
{
    endpoint.then(dial_step::fail(asio::error::connection_refused));
    root->add(as_service(make_client(
        {.name = "client", .retry = [](unsigned) { return std::optional<hf::duration>(); }})));
    stop_outcome started;
    hf::tree_failure why;
    root->async_start(why, started.handler());
    settle();
    EXPECT_EQ(started.code, asio::error::connection_refused);
    EXPECT_TRUE(root->running());
    EXPECT_EQ(paths(why), (std::vector<std::string>{"root/client"}));
    EXPECT_NE(to_string(why).find("attempt 1 failed in connect"), std::string::npos)
        << to_string(why);
}

TEST_F(tree_ready, CS_45_retry_now_of_a_tree_is_that_of_every_client_within)
{
    const auto branch = root->add(std::make_shared<hf::multi_service>(
        context, hf::multi_service_options{.name = "branch", .clock = &clock}));
    const auto client =
        branch->add(as_service(make_client({.name = "client", .retry = hf::retry::fixed{1h}})));
    root->add(make_part("part")); // to whom it is nothing
    endpoint.then(dial_step::fail(asio::error::connection_refused));
    root->start();
    settle();
    ASSERT_EQ(client->client().state(), service_state::waiting);

    root->retry_now();
    pass(10ms); // never sooner than that after the failure
    EXPECT_EQ(client->client().state(), service_state::connected);
}

TEST_F(tree_ready, a_stop_ends_the_wait_and_a_second_start_begins_anew)
{
    const auto client =
        root->add(as_service(make_client({.name = "client", .retry = hf::retry::fixed{1s}})));
    endpoint.then(dial_step::hang());
    stop_outcome first;
    root->async_start(first.handler());
    root->stop();
    root->start();
    stop_outcome second;
    root->async_ready(second.handler());
    settle();
    EXPECT_EQ(first.code, hf::errc::stopped);
    EXPECT_EQ(second.code, error_code());
    EXPECT_TRUE(client->ready());
}

TEST_F(tree_ready, a_client_that_is_stopped_behind_the_back_of_its_tree_ends_the_wait)
{
    endpoint.then(dial_step::hang());
    const auto client = root->add(as_service(make_client({.name = "client"})));
    stop_outcome ready;
    root->async_start(ready.handler());
    client->client().stop();
    settle();
    EXPECT_EQ(ready.code, hf::errc::stopped);
    EXPECT_EQ(ready.completions, 1);
}

TEST_F(tree_ready, one_wait_can_be_taken_back)
{
    add("a")->is_ready = false;
    root->start();
    stop_outcome cancelled;
    stop_outcome ready;
    asio::cancellation_signal enough;
    root->async_ready(asio::bind_cancellation_slot(enough.slot(), cancelled.handler()));
    root->async_ready(ready.handler());
    enough.emit(asio::cancellation_type::total);
    settle();
    EXPECT_EQ(cancelled.code, asio::error::operation_aborted);
    EXPECT_FALSE(ready.code);
    root->stop();
    settle();
    EXPECT_EQ(ready.code, hf::errc::stopped);
}

TEST_F(tree_ready, the_last_that_was_waited_for_may_leave)
{
    const auto a = add("a");
    a->is_ready = false;
    stop_outcome ready;
    root->async_start(ready.handler());
    settle();
    EXPECT_FALSE(ready.code);
    a->disown_parent();
    settle();
    EXPECT_EQ(ready.code, error_code());
}

TEST_F(tree_ready, a_failure_to_be_ready_is_told_to_all_who_wait_and_later_ones_may_have_more_luck)
{
    const auto a = add("a");
    a->is_ready = false;
    stop_outcome first;
    root->async_start(first.handler());
    a->tell_not_ready(asio::error::host_not_found);
    settle();
    EXPECT_EQ(first.code, asio::error::host_not_found);

    stop_outcome second;
    root->async_ready(second.handler());
    settle();
    EXPECT_FALSE(second.code);
    a->tell_ready();
    settle();
    EXPECT_EQ(second.code, error_code());
}

class tree_of_clients : public tree_fixture
{
};

TEST_F(tree_of_clients, a_tree_is_stopped_with_its_connections)
{
    const auto client = root->add(as_service(make_client({.name = "client"})));
    root->start();
    settle();
    EXPECT_EQ(endpoint.open_streams(), 1U);
    stop_outcome stopped;
    root->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(endpoint.open_streams(), 0U);
    EXPECT_FALSE(client->running());
}

TEST_F(tree_of_clients, a_connection_that_had_to_be_abandoned_is_named)
{
    const auto held = std::make_shared<std::shared_ptr<reader>>();
    hf::client_options<reader> o{.name = "client"};
    o.clock = &clock;
    root->add(as_service(hf::client_service<reader>(
        context, endpoint,
        [held](hf::testing::memory_stream s)
        {
            *held = std::make_shared<reader>(std::move(s));
            (*held)->clings = true;
            return *held;
        },
        o)));
    root->start();
    settle();
    stop_outcome stopped;
    hf::tree_failure why;
    root->async_stop(why, stopped.handler());
    pass(6s);
    EXPECT_EQ(stopped.code, hf::errc::forced);
    EXPECT_EQ(paths(why), (std::vector<std::string>{"root/client"}));
    (*held)->let_go();
}

TEST_F(tree_of_clients, destroyed_in_any_state_nothing_is_left)
{
    for (const auto leave : {0, 1, 2, 3})
    {
        root = make();
        const auto keep = leave == 3 ? root->add(as_service(make_client({.name = "b"}))) : nullptr;
        root->add(as_service(make_client({.name = "a"})));
        stop_outcome ready;
        root->async_ready(ready.handler());
        if (leave > 0)
            root->start();
        if (leave > 1)
            settle();
        if (leave > 2)
            root->stop();
        const bool was_ready = root->ready();
        root = nullptr;
        settle();
        EXPECT_EQ(ready.completions, 1) << leave;
        EXPECT_EQ(ready.code == error_code(), was_ready || leave == 3) << leave;
    }
}
}
