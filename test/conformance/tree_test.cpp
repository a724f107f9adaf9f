// SPDX-License-Identifier: BSL-1.0
#include "conformance/tree_fixture.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/use_future.hpp>
#include <boost/system/errc.hpp>

namespace conformance
{
using hf::service_step;

class tree : public tree_fixture
{
};

const hf::error_code broken = asio::error::broken_pipe;

// Names and parents

TEST_F(tree, CS_60_a_name_cannot_be_changed_while_there_is_a_parent)
{
    const auto a = make_part("a");
    a->set_name("b");
    EXPECT_EQ(a->name(), "b");

    root->add(a);
    EXPECT_THROW(a->set_name("c"), std::logic_error);
    EXPECT_EQ(a->name(), "b");
    EXPECT_EQ(root->find("b"), a);

    a->disown_parent();
    a->set_name("c");
    EXPECT_EQ(a->name(), "c");
}

TEST_F(tree, CS_60_a_name_cannot_be_mistaken_for_a_path)
{
    const auto a = make_part("a");
    EXPECT_THROW(a->set_name("feeds/a"), std::invalid_argument);
    EXPECT_THROW(a->set_name("#1"), std::invalid_argument);
    EXPECT_THROW(make_part("a/b"), std::invalid_argument);
    EXPECT_EQ(a->name(), "a");
}

TEST_F(tree, CS_61_a_service_that_gets_a_new_parent_leaves_the_old_one_first)
{
    const auto other = make({.name = "other"});
    const auto a = add("a");
    EXPECT_EQ(a->parent(), root.get());

    a->set_parent(*other);
    EXPECT_EQ(a->parent(), other.get());
    EXPECT_EQ(root->find("a"), nullptr);
    EXPECT_EQ(root->size(), 0U);
    EXPECT_EQ(other->find("a"), a);
    EXPECT_EQ(a->path(), "other/a");
}

TEST_F(tree, CS_61_moved_from_a_running_parent_to_a_running_parent_it_is_stopped_between)
{
    const auto other = make({.name = "other"});
    const auto a = add("a");
    a->lingers = true;
    root->start();
    other->start();
    news();

    a->set_parent(*other);
    EXPECT_EQ(news(), (journal{"stop a"}));
    EXPECT_TRUE(a->running()); // as soon as it can
    a->end();
    EXPECT_EQ(news(), (journal{"privileged a", "start a"}));
    a->lingers = false;
}

TEST_F(tree, CS_61_its_own_parent_is_no_new_one)
{
    const auto a = add("a");
    add("b");
    root->start();
    news();

    a->set_parent(*root);
    EXPECT_EQ(news(), journal{});
    EXPECT_EQ(root->children().front(), a);
}

TEST_F(tree, CS_62_two_children_of_one_name_are_an_error_and_nothing_is_added)
{
    const auto other = make({.name = "other"});
    const auto a = add("a");
    const auto second = other->add(make_part("a"));

    EXPECT_THROW(root->add(second), std::invalid_argument);
    EXPECT_EQ(root->size(), 1U);
    EXPECT_EQ(root->find("a"), a);
    EXPECT_EQ(second->parent(), other.get()); // nor did it leave
    EXPECT_EQ(other->find("a"), second);
}

TEST_F(tree, CS_62_any_number_of_children_may_have_no_name)
{
    const auto first = add("");
    const auto second = add("");
    EXPECT_EQ(root->size(), 2U);
    EXPECT_EQ(root->find(""), nullptr);
    EXPECT_EQ(first->path(), "root/#0");
    EXPECT_EQ(second->path(), "root/#1");
}

TEST_F(tree, CS_62_nothing_can_be_a_part_of_itself)
{
    const auto below = root->add(make({.name = "below"}));
    EXPECT_THROW(root->add(root), std::invalid_argument);
    EXPECT_THROW(below->add(root), std::invalid_argument);
    EXPECT_THROW(root->add(std::shared_ptr<part>()), std::invalid_argument);
    EXPECT_EQ(root->parent(), nullptr);
}

// Children that leave and come

TEST_F(tree, CS_63_a_child_that_is_disowned_is_stopped_if_the_parent_runs)
{
    const auto a = add("a");
    a->lingers = true;
    root->start();
    news();

    stop_outcome disowned;
    a->async_disown_parent(disowned.handler());
    EXPECT_EQ(a->parent(), nullptr);
    EXPECT_EQ(root->size(), 0U);
    EXPECT_EQ(news(), (journal{"stop a"}));
    settle();
    EXPECT_FALSE(disowned.code);

    a->end();
    settle();
    EXPECT_EQ(disowned.code, error_code());
    EXPECT_EQ(disowned.completions, 1);
}

TEST_F(tree, CS_63_a_child_that_is_disowned_by_a_parent_that_does_not_run_is_left_as_it_is)
{
    const auto a = add("a");
    a->start();
    stop_outcome disowned;
    a->async_disown_parent(disowned.handler());
    EXPECT_FALSE(disowned.code); // never within the call
    settle();
    EXPECT_EQ(disowned.code, error_code());
    EXPECT_TRUE(a->running());
    EXPECT_EQ(news(), (journal{"start a"}));
}

TEST_F(tree, CS_63_a_child_that_nobody_else_holds_lives_until_it_has_stopped)
{
    auto a = add("a");
    a->lingers = true;
    root->start();
    const std::weak_ptr<part> watched = a;
    std::exchange(a, nullptr)->disown_parent();
    settle();
    ASSERT_FALSE(watched.expired());
    watched.lock()->end();
    settle();
    EXPECT_TRUE(watched.expired());
}

TEST_F(tree, CS_63_the_error_of_the_stop_is_that_of_the_operation)
{
    const auto a = add("a");
    a->end_code = broken;
    root->start();
    stop_outcome disowned;
    a->async_disown_parent(disowned.handler());
    settle();
    EXPECT_EQ(disowned.code, broken);
}

TEST_F(tree, CS_64_a_child_added_to_a_running_parent_gets_both_starts_at_once)
{
    root->start();
    const auto a = add("a");
    EXPECT_EQ(news(), (journal{"privileged a", "start a"}));
    EXPECT_TRUE(a->running());
}

TEST_F(tree, CS_64_a_child_that_cannot_be_started_is_not_added)
{
    root->start();
    const auto a = make_part("a");
    a->on_start = thrower("no");
    EXPECT_THROW(root->add(a), std::runtime_error);
    EXPECT_EQ(root->size(), 0U);
    EXPECT_EQ(root->find("a"), nullptr);
    EXPECT_EQ(a->parent(), nullptr);
    EXPECT_EQ(news(), (journal{"privileged a", "start a", "stop a"}));
    EXPECT_TRUE(root->running());
}

TEST_F(tree, CS_64_children_added_while_others_are_being_started_have_their_turn)
{
    add("a")->on_start = [this] { add("c"); };
    add("b");
    root->start();
    EXPECT_EQ(news(), (journal{"start a", "start b", "privileged c", "start c"}));
}

// Start and stop

TEST_F(tree, CS_65_children_start_in_the_order_added_and_stop_in_reverse_each_awaited)
{
    add("a");
    const auto b = add("b");
    const auto c = add("c");
    b->lingers = c->lingers = true;
    root->start();
    EXPECT_EQ(news(), (journal{"start a", "start b", "start c"}));

    stop_outcome stopped;
    root->async_stop(stopped.handler());
    settle();
    EXPECT_EQ(news(), (journal{"stop c"}));
    c->end();
    settle();
    EXPECT_EQ(news(), (journal{"stop b"}));
    EXPECT_FALSE(stopped.code);
    b->end();
    settle();
    EXPECT_EQ(news(), (journal{"stop a"}));
    EXPECT_EQ(stopped.code, error_code());
}

TEST_F(tree, CS_65_as_the_original_all_are_told_to_stop_at_once)
{
    root = make({.stop = hf::stop_order::all_at_once});
    const auto a = add("a");
    const auto b = add("b");
    a->lingers = b->lingers = true;
    root->start();
    news();

    stop_outcome stopped;
    root->async_stop(stopped.handler());
    EXPECT_EQ(news(), (journal{"stop b", "stop a"}));
    a->end();
    settle();
    EXPECT_FALSE(stopped.code);
    b->end();
    settle();
    EXPECT_EQ(stopped.code, error_code());
}

TEST_F(tree, CS_65_the_stop_completes_when_some_have_failed_and_all_errors_come_back)
{
    add("a")->end_code = broken;
    add("b");
    const auto feeds = root->add(make({.name = "feeds"}));
    const auto c = feeds->add(make_part("c"));
    c->on_stop = thrower("torn");
    root->start();

    stop_outcome stopped;
    hf::tree_failure why;
    root->async_stop(why, stopped.handler());
    settle();
    EXPECT_EQ(stopped.code, hf::errc::exception_thrown);
    EXPECT_EQ(paths(why), (std::vector<std::string>{"root/feeds/c", "root/a"}));
    EXPECT_EQ(why.services[1].code, broken);
    EXPECT_EQ(to_string(why), "root/feeds/c did not stop in good order: torn; "
                              "root/a did not stop in good order: Broken pipe");
    EXPECT_EQ(*root->last_failure(), why);
}

TEST_F(tree, CS_65_who_waits_for_the_stop_may_cancel_that_alone)
{
    const auto a = add("a");
    a->lingers = true;
    root->start();
    stop_outcome cancelled;
    stop_outcome stopped;
    asio::cancellation_signal enough;
    root->async_stop(asio::bind_cancellation_slot(enough.slot(), cancelled.handler()));
    root->async_stop(stopped.handler());
    enough.emit(asio::cancellation_type::terminal);
    settle();
    EXPECT_EQ(cancelled.code, asio::error::operation_aborted);
    EXPECT_FALSE(stopped.code);
    a->end();
    settle();
    EXPECT_EQ(stopped.code, error_code());
    EXPECT_EQ(cancelled.completions, 1);
}

TEST_F(tree, CS_65_a_stop_of_what_does_not_run_completes_at_once_and_takes_any_token)
{
    add("a");
    auto stopped = root->async_stop(asio::use_future);
    settle();
    stopped.get();
    EXPECT_EQ(news(), journal{});
}

TEST_F(tree, CS_65_started_while_it_stops_it_starts_when_all_have_stopped)
{
    const auto a = add("a");
    a->lingers = true;
    add("b");
    root->start();
    stop_outcome stopped;
    root->async_stop(stopped.handler());
    root->start();
    EXPECT_TRUE(root->running());
    settle();
    EXPECT_EQ(news(), (journal{"start a", "start b", "stop b", "stop a"}));
    a->end();
    settle();
    EXPECT_EQ(news(), (journal{"start a", "start b"}));
    EXPECT_EQ(stopped.code, error_code());
    a->lingers = false;
}

TEST_F(tree, CS_65_stopped_again_while_it_is_to_start_again_it_stays_stopped)
{
    const auto a = add("a");
    a->lingers = true;
    root->start();
    root->stop();
    root->start();
    root->stop();
    EXPECT_FALSE(root->running());
    settle();
    a->end();
    settle();
    EXPECT_EQ(news(), (journal{"start a", "stop a"}));
}

// Looking

TEST_F(tree, CS_66_a_child_is_found_by_name_and_by_path_and_it_is_an_error_if_there_is_none)
{
    const auto feeds = root->add(make({.name = "feeds"}));
    const auto a = feeds->add(make_part("a"));
    EXPECT_EQ(root->find("feeds"), feeds);
    EXPECT_EQ(root->find("feeds/a"), a);
    EXPECT_EQ(&root->at("feeds/a"), a.get());
    EXPECT_EQ(a->path(), "root/feeds/a");
    EXPECT_EQ(find_service(*root, "root/feeds/a"), a);
    EXPECT_EQ(find_service(*root, "root"), root);
    for (const auto* const wrong : {"", "a", "feeds/b", "feeds/a/b", "feeds/", "/feeds", "feed"})
    {
        EXPECT_EQ(root->find(wrong), nullptr) << wrong;
        EXPECT_THROW(root->at(wrong), std::out_of_range) << wrong;
    }
    for (const auto* const wrong : {"", "roo", "root/", "rootfeeds", "other/feeds"})
        EXPECT_EQ(find_service(*root, wrong), nullptr) << wrong;
}

TEST_F(tree, CS_66_all_can_be_iterated_while_they_come_and_go)
{
    add("a");
    add("b");
    std::vector<std::string> names;
    for (const auto& child : root->children())
    {
        names.push_back(child->name());
        child->disown_parent();
    }
    EXPECT_EQ(names, (std::vector<std::string>{"a", "b"}));
    EXPECT_EQ(root->size(), 0U);
}

// The privileged start

TEST_F(tree, CS_67_the_privileged_start_reaches_every_child_before_any_is_started)
{
    add("a");
    root->add(make({.name = "feeds"}))->add(make_part("b"));
    root->privileged_start();
    EXPECT_EQ(news(), (journal{"privileged a", "privileged b"}));
    EXPECT_FALSE(root->running());
    root->start();
    EXPECT_EQ(news(), (journal{"start a", "start b"}));
}

TEST_F(tree, CS_67_it_does_nothing_by_default)
{
    hf::service& client = *root->add(as_service(make_client({.name = "client"})));
    root->privileged_start();
    settle();
    EXPECT_FALSE(client.running());
    EXPECT_EQ(endpoint.dial_count(), 0U);
}

TEST_F(tree, CS_67_a_start_alone_is_no_privileged_start)
{
    add("a");
    root->start();
    EXPECT_EQ(news(), (journal{"start a"}));
}

TEST_F(tree, CS_67_what_had_the_privileged_start_is_stopped)
{
    add("a");
    root->privileged_start();
    news();
    root->stop();
    settle();
    EXPECT_EQ(news(), (journal{"stop a"}));
}

TEST_F(tree, CS_67_one_that_is_added_after_it_gets_it_at_once)
{
    root->privileged_start();
    add("a");
    EXPECT_EQ(news(), (journal{"privileged a"}));
    root->start();
    EXPECT_EQ(news(), (journal{"start a"}));
}

TEST_F(tree, CS_69_running_is_true_from_start_to_stop)
{
    const auto a = add("a");
    a->lingers = true;
    EXPECT_FALSE(root->running());
    a->on_start = [&]
    {
        EXPECT_TRUE(root->running());
        EXPECT_TRUE(a->running());
    };
    root->start();
    EXPECT_TRUE(root->running());
    EXPECT_TRUE(a->running());
    root->stop();
    EXPECT_FALSE(root->running()); // though it has not ended
    EXPECT_FALSE(a->running());
    a->end();
    settle();
    EXPECT_FALSE(root->running());
}

// Time

TEST_F(tree, CS_6A_a_child_that_does_not_stop_in_time_is_named_and_no_longer_waited_for)
{
    add("a");
    const auto b = add("b", {.stop_timeout = 3s});
    const auto c = add("c");
    b->lingers = c->lingers = true;
    root->start();
    news();

    stop_outcome stopped;
    hf::tree_failure why;
    root->async_stop(why, stopped.handler());
    pass(9s);
    EXPECT_EQ(news(), (journal{"stop c"}));
    pass(1s);
    EXPECT_EQ(news(), (journal{"stop b"}));
    pass(3s);
    EXPECT_EQ(news(), (journal{"stop a"}));
    EXPECT_EQ(*stopped.code, boost::system::errc::timed_out);
    EXPECT_EQ(to_string(why), "root/c did not stop in time; root/b did not stop in time");
    b->end(); // too late to matter
    settle();
    EXPECT_EQ(stopped.completions, 1);
}

TEST_F(tree, CS_6A_all_together_have_a_deadline_too)
{
    root = make({.child_stop_timeout = 10s, .stop_timeout = 15s});
    const auto a = add("a");
    const auto b = add("b");
    const auto c = add("c");
    a->lingers = b->lingers = c->lingers = true;
    root->start();
    news();

    stop_outcome stopped;
    hf::tree_failure why;
    root->async_stop(why, stopped.handler());
    pass(14s);
    EXPECT_EQ(news(), (journal{"stop c", "stop b"}));
    EXPECT_FALSE(stopped.code);
    pass(1s);
    EXPECT_EQ(news(), (journal{"stop a"})); // told all the same
    EXPECT_EQ(*stopped.code, boost::system::errc::timed_out);
    EXPECT_EQ(paths(why), (std::vector<std::string>{"root/c", "root/b", "root/a"}));
}

TEST_F(tree, CS_6A_told_all_at_once_each_has_its_own_time)
{
    root = make({.stop = hf::stop_order::all_at_once});
    add("a", {.stop_timeout = 2s})->lingers = true;
    add("b", {.stop_timeout = 1s})->lingers = true;
    root->start();
    stop_outcome stopped;
    hf::tree_failure why;
    root->async_stop(why, stopped.handler());
    pass(1s);
    EXPECT_FALSE(stopped.code);
    pass(1s);
    EXPECT_EQ(paths(why), (std::vector<std::string>{"root/b", "root/a"}));
}

TEST_F(tree, CS_6A_without_a_time_they_are_waited_for_for_ever)
{
    root = make({.child_stop_timeout = std::nullopt, .stop_timeout = std::nullopt});
    const auto a = add("a");
    a->lingers = true;
    root->start();
    stop_outcome stopped;
    root->async_stop(stopped.handler());
    pass(1000h);
    EXPECT_FALSE(stopped.code);
    EXPECT_EQ(clock.armed(), 0U);
    a->end();
    settle();
    EXPECT_EQ(stopped.code, error_code());
}

TEST_F(tree, CS_6A_a_time_of_nothing_is_refused)
{
    EXPECT_THROW(make({.child_stop_timeout = 0s}), std::invalid_argument);
    EXPECT_THROW(make({.stop_timeout = -1s}), std::invalid_argument);
    EXPECT_THROW(add("a", {.stop_timeout = -1s}), std::invalid_argument);
    EXPECT_EQ(root->size(), 0U);
}

TEST_F(tree, CS_6A_a_tree_within_names_its_own_child)
{
    const auto feeds = root->add(make({.name = "feeds", .child_stop_timeout = 2s}));
    feeds->add(make_part("a"))->lingers = true;
    root->start();
    stop_outcome stopped;
    hf::tree_failure why;
    root->async_stop(why, stopped.handler());
    pass(2s);
    EXPECT_EQ(to_string(why), "root/feeds/a did not stop in time");
    EXPECT_EQ(*stopped.code, boost::system::errc::timed_out);
}
}
