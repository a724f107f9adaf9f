// SPDX-License-Identifier: BSL-1.0
// Services that are saved and loaded.
#include "conformance/tree_fixture.hpp"

#include <holdfast/endpoints/argument_reader.hpp>
#include <holdfast/endpoints/tcp.hpp>
#include <holdfast/saving/service_kinds.hpp>

#include <boost/asio/bind_executor.hpp>

#include <cmath>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <limits>
#include <random>

namespace conformance
{
using hf::client_record;
using hf::retry_record;
using hf::tree_record;

/// As `reader`, on the erased stream of an endpoint that was read from a description.
class erased_reader
{
public:
    explicit erased_reader(hf::stream s) : stream_(std::move(s)) {}

    template <class Token>
    auto async_run(Token&& token)
    {
        return stream_.async_read_some(
            asio::buffer(buffer_),
            asio::deferred([](error_code ec, std::size_t) { return asio::deferred.values(ec); }))(
            std::forward<Token>(token));
    }

    void close() noexcept { stream_.close(); }

private:
    hf::stream stream_;
    std::array<char, 16> buffer_{};
};

class saving : public tree_fixture
{
protected:
    saving()
    {
        kinds.add("reader",
                  [](hf::stream s) { return std::make_shared<erased_reader>(std::move(s)); });
        known.add("scripted",
                  [this](const hf::description& d, const hf::registry&)
                  {
                      const hf::argument_reader arguments(d, {}, {"password", "endpoint"});
                      if (arguments.find("password") != nullptr)
                          passwords.push_back(arguments.text("password"));
                      if (passwords.size() > 1 && passwords.back() == "too long")
                          arguments.refuse("password", "one that fits: " + passwords.back());
                      if (const auto* const inner = arguments.find("endpoint"))
                          return known.make_within(d, *inner);
                      return hf::any_endpoint(endpoint);
                  });
    }

    /// A text that differs in one member from one that can be loaded.
    static std::string with(const std::string& member)
    {
        return R"({"holdfast": 1, "name": "root", "services": [{"name": "a", "services": []},
            {"name": "b", "kind": "reader", "endpoint": "scripted", )" +
               member + "}]}";
    }

    /// What is said of a text that cannot be loaded.
    std::string refusal(const std::string& text)
    {
        try
        {
            load_tree(text, context.get_executor(), kinds, options);
        }
        catch (const hf::saving_error& e)
        {
            EXPECT_TRUE(std::string(e.what()).starts_with(e.member()));
            return e.what();
        }
        return "it was loaded";
    }

    std::shared_ptr<hf::multi_service> load(const std::string& text)
    {
        return load_tree(text, context.get_executor(), kinds, options);
    }

    static tree_record two_levels()
    {
        return {.name = "root",
                .services = {
                    {client_record{.name = "a",
                                   .kind = "reader",
                                   .endpoint = "scripted",
                                   .retry = {retry_record::schedule{1s, 5s}}}},
                    {tree_record{.name = "feeds",
                                 .stop = hf::stop_order::all_at_once,
                                 .child_stop_timeout = std::nullopt,
                                 .child = {.must_be_ready = false},
                                 .services = {{client_record{
                                     .name = "b", .kind = "reader", .endpoint = "scripted"}}}}}}};
    }

    static hf::tree_client<erased_reader>& client(hf::service& s)
    {
        return dynamic_cast<hf::tree_client<erased_reader>&>(s);
    }

    std::vector<std::string> passwords;
    hf::registry known = hf::registry::standard();
    hf::service_kinds kinds;
    hf::loading_options options{.endpoints = &known};
};

TEST_F(saving, CS_52_the_clock_is_left_out_and_loading_restores_the_default_clock)
{
    options.clock = &clock;
    endpoint.then(dial_step::fail(asio::error::connection_refused));
    auto original = kinds.make(two_levels(), context.get_executor(), options);
    original->start();
    settle();
    EXPECT_EQ(clock.armed(), 1U); // it waits for its next attempt
    const auto text = save(*original);
    EXPECT_EQ(text.find("clock"), std::string::npos);
    original = nullptr;
    settle();

    options.clock = nullptr;
    endpoint.then(dial_step::fail(asio::error::connection_refused));
    const auto loaded = load(text);
    auto& a = client(loaded->at("a"));
    EXPECT_EQ(loaded->options().clock, &hf::default_clock(context.get_executor()));
    loaded->start();
    settle();
    EXPECT_EQ(a.client().state(), service_state::waiting);
    EXPECT_EQ(clock.armed(), 0U);
    EXPECT_EQ(hf::default_clock(context.get_executor()).armed(), 1U);
}

TEST_F(saving, CS_68_that_it_was_running_is_left_out_and_a_loaded_one_is_not)
{
    options.clock = &clock;
    const auto original = kinds.make(two_levels(), context.get_executor(), options);
    const auto stopped = save(*original);
    original->start();
    settle();
    EXPECT_TRUE(original->ready());
    const auto text = save(*original);
    EXPECT_EQ(text, stopped);
    original->stop();
    settle();
    const auto dials = endpoint.dial_count();

    const auto loaded = load(text);
    pass(1h);
    EXPECT_FALSE(loaded->running());
    EXPECT_FALSE(loaded->at("feeds/b").running());
    EXPECT_EQ(endpoint.dial_count(), dials);

    loaded->start();
    settle();
    EXPECT_TRUE(loaded->ready());
    EXPECT_NE(client(loaded->at("feeds/b")).client().current(), nullptr);
    loaded->stop();
    settle();
}

TEST_F(saving, a_tree_is_saved_with_its_names_order_and_options_and_without_what_left)
{
    options.clock = &clock;
    const auto tree = kinds.make(two_levels(), context.get_executor(), options);
    EXPECT_EQ(record_of(*tree), two_levels());
    EXPECT_EQ(record_of(*load(save(*tree))), two_levels());

    const auto a = tree->find("a");
    a->disown_parent();
    a->set_name("renamed");
    tree->add(a, {.stop_timeout = 3s});
    auto expected = two_levels();
    std::swap(expected.services[0], expected.services[1]);
    auto& moved = std::get<client_record>(expected.services[1].what);
    moved.name = "renamed";
    moved.child.stop_timeout = 3s;
    EXPECT_EQ(record_of(*tree), expected);
    EXPECT_EQ(hf::record_of(*a).name, "renamed");
}

TEST_F(saving, a_service_that_was_made_otherwise_is_named_and_not_saved)
{
    const auto feeds = root->add(make({.name = "feeds"}));
    feeds->add(make_part("a"));
    try
    {
        save(*root);
        FAIL() << "it was saved";
    }
    catch (const hf::saving_error& e)
    {
        EXPECT_STREQ(e.what(), "services[0].services[0]: \"root/feeds/a\" was not made by "
                               "service_kinds, so it cannot be saved");
    }
}

TEST_F(saving, the_text_is_as_documented)
{
    const client_record r{.name = "a",
                          .kind = "reader",
                          .endpoint = "tcp:db.example:5432",
                          .secrets = {{"password", "env:DB_PASSWORD"}},
                          .retry = {.max_attempts = 9}};
    EXPECT_EQ(to_json(r), R"({
  "holdfast": 1,
  "name": "a",
  "kind": "reader",
  "endpoint": "tcp:db.example:5432",
  "secrets": {
    "password": "env:DB_PASSWORD"
  },
  "retry": {
    "policy": "backoff",
    "initial": "1s",
    "factor": 2E0,
    "max": "1m",
    "jitter": "full",
    "max_attempts": 9
  },
  "attempt_timeout": "30s",
  "prepare_timeout": "30s",
  "stop_timeout": "5s",
  "stable_after": "10s",
  "delay_floor": "10ms",
  "thread_safe": false,
  "must_be_ready": true
}
)");
    EXPECT_EQ(hf::client_from_json(to_json(r)), r);
    EXPECT_EQ(hf::client_from_json(R"({"holdfast":1,"kind":"k","endpoint":"tcp:a:1"})"),
              (client_record{.kind = "k", .endpoint = "tcp:a:1"}));
}

TEST_F(saving, what_cannot_be_loaded_is_refused_with_the_path_of_the_bad_member)
{
    const std::pair<std::string, std::string> wrong[]{
        {R"("retry": {"factor": 0.5})", "services[1].retry.factor: must be finite and at least 1"},
        {R"("retry": {"factor": "2x"})", "services[1].retry.factor: must be a number"},
        {R"("retry": {"policy": "fixd"})",
         "services[1].retry.policy: must be one of backoff, fixed, "
         "schedule, immediately, twisted_backoff (did you mean "
         "\"fixed\"?)"},
        {R"("retry": {"policy": "schedule", "delays": ["1s", "soon"]})",
         "services[1].retry.delays[1]: "},
        {R"("retry": {"policy": "schedule"})", "services[1].retry.delays: must not be empty"},
        {R"("retry": {"max_attempts": 0})", "services[1].retry.max_attempts: must be a whole"},
        {R"("retry": {"min_delay": "0s"})", "services[1].retry.min_delay: must be more than zero"},
        {R"("retry": {"policy": "fixed", "delay": "1s", "factor": 2})",
         "services[1].retry.factor: there is no such member"},
        {R"("retry": 3)", "services[1].retry: must be an object"},
        {R"("stop_timout": "3s")",
         "services[1].stop_timout: there is no such member (did you mean \"stop_timeout\"?)"},
        {R"("stop_timeout": "25h")", "services[1].stop_timeout: must be more than 0 and at most"},
        {R"("thread_safe": 1)", "services[1].thread_safe: must be true or false"},
        {R"("secrets": {"user": "env:X"})",
         "services[1].secrets.user: the name of a secret must end with password"},
        {R"("secrets": {"password": "hunter2"})", "services[1].secrets.password: must be env:NAME"},
        {R"("secrets": {"password": "env:HOLDFAST_TEST_NOT_SET"})",
         "services[1].secrets.password: the variable \"HOLDFAST_TEST_NOT_SET\" of the environment "
         "is not set"},
        {R"("secrets": {"password": "file:/does/not/exist"})",
         "services[1].secrets.password: the file \"/does/not/exist\" cannot be read"},
        {R"("running": true)", "services[1].running: there is no such member"},
        {R"("clock": 1)", "services[1].clock: there is no such member"},
    };
    for (const auto& [member, expected] : wrong)
        EXPECT_TRUE(refusal(with(member)).starts_with(expected)) << member << '\n'
                                                                 << refusal(with(member)) << '\n'
                                                                 << expected;
    EXPECT_EQ(refusal(with(R"("must_be_ready": false)")), "it was loaded");

    const std::pair<std::string, std::string> wholes[]{
        {"", "line 1 is not JSON: "},
        {"{\n\"holdfast\": 1,\n,}", "line 3 is not JSON: "},
        {"{\"holdfast\": 1} {}", "line 1 is not JSON: "},
        {"[]", "must be an object"},
        {R"({"services": []})", "holdfast: is missing"},
        {R"({"holdfast": 2, "services": [], "new": 1})",
         "holdfast: the format has version 2, which is newer than what is known here: 1"},
        {R"({"holdfast": 1})", "services: is missing"},
        {R"({"holdfast": 1, "services": [3]})", "services[0]: must be an object"},
        {R"({"holdfast": 1, "services": [{"endpoint": "tcp:a:1"}]})",
         "services[0].kind: is missing"},
        {R"({"holdfast": 1, "services": [{"kind": "readr", "endpoint": "tcp:a:1"}]})",
         "services[0].kind: there is no kind \"readr\" (did you mean \"reader\"?); known are "
         "reader"},
        {R"({"holdfast": 1, "services": [{"kind": "reader", "endpoint": "tcp:a"}]})",
         "services[0].endpoint: "},
        {R"({"holdfast": 1, "services": [{"kind": "reader", "endpoint": ""}]})",
         "services[0].endpoint: "},
        {R"({"holdfast": 1, "services": [{"name": "a", "services": []}, {"name": "a", "kind": "reader", "endpoint": "tcp:a:1"}]})",
         "services[1].name: is the name of another one too: \"a\""},
        {R"({"holdfast": 1, "name": "a/b", "services": []})", "name: must not hold a /"},
        {R"({"holdfast": 1, "stop_timeout": "0s", "services": []})", "stop_timeout: must be more"},
    };
    for (const auto& [text, expected] : wholes)
        EXPECT_TRUE(refusal(text).starts_with(expected)) << text << '\n' << refusal(text);
}

TEST_F(saving, depth_and_sizes_are_bounded)
{
    const auto nested = [](std::size_t depth)
    {
        std::string text = R"({"holdfast": 1, "services": [)";
        for (std::size_t i = 1; i < depth; ++i)
            text += R"({"services": [)";
        for (std::size_t i = 1; i < depth; ++i)
            text += "]}";
        return text + "]}";
    };
    EXPECT_EQ(refusal(nested(tree_record::depth_max)), "it was loaded");
    EXPECT_NE(refusal(nested(tree_record::depth_max + 1)).find("nested more than 16 deep"),
              std::string::npos);
    EXPECT_TRUE(refusal(nested(10'000)).starts_with("line 1 is not JSON"));
    EXPECT_TRUE(
        refusal(std::string(hf::saved_length_max + 1, ' ')).starts_with("the text has more"));
    EXPECT_TRUE(refusal(with(R"("name": ")" + std::string(256, 'x') + '"'))
                    .starts_with("services[1].name: must have at most 255 bytes"));
}

// Secrets

TEST_F(saving, a_secret_in_clear_is_not_saved_and_not_loaded)
{
    for (const auto* const text : {"scripted:password=hunter2", "tcp://anna:hunter2@db.example:1",
                                   "scripted:endpoint=scripted\\:password\\=hunter2",
                                   "tls:a:1:privateKey=-----BEGIN PRIVATE KEY-----hunter2"})
    {
        const client_record r{.name = "a", .kind = "reader", .endpoint = text};
        try
        {
            static_cast<void>(to_json(r));
            FAIL() << "it was saved: " << text;
        }
        catch (const hf::saving_error& e)
        {
            EXPECT_EQ(e.member(), "endpoint");
            EXPECT_EQ(std::string(e.what()).find("hunter2"), std::string::npos) << e.what();
        }
        EXPECT_THROW(kinds.make(r, context.get_executor(), options), hf::saving_error);
    }
}

TEST_F(saving, a_secret_is_read_from_where_it_is_when_the_service_is_made_and_not_saved)
{
    const auto path = std::filesystem::temp_directory_path() /
                      ("holdfast_saving_" + std::to_string(std::random_device()()));
    std::ofstream(path) << "a:b\\c=d\nsecond line\n";
    ::setenv("HOLDFAST_TEST_SAVING", "hunter2", 1); // no other thread runs
    const client_record r{.name = "a",
                          .kind = "reader",
                          .endpoint = "scripted:endpoint=scripted",
                          .secrets = {{"password", "env:HOLDFAST_TEST_SAVING"},
                                      {"endpoint.password", "file:" + path.string()}}};
    const auto made = kinds.make(r, context.get_executor(), options);
    std::filesystem::remove(path);
    EXPECT_TRUE(std::ranges::count(passwords, "hunter2") == 1);
    EXPECT_TRUE(std::ranges::count(passwords, "a:b\\c=d") == 1);
    EXPECT_EQ(hf::record_of(*made), r);
    EXPECT_EQ(to_json(hf::record_of(*made)).find("hunter2"), std::string::npos);
}

TEST_F(saving, a_secret_that_an_endpoint_does_not_take_is_in_no_message)
{
    ::setenv("HOLDFAST_TEST_SAVING", "too long", 1);
    const auto said = refusal(with(R"("secrets": {"password": "env:HOLDFAST_TEST_SAVING"})"));
    EXPECT_EQ(said, "services[1].secrets: this endpoint does not take what was read");
}

// Round trips

struct record_source
{
    explicit record_source(unsigned seed) : random(seed) {}

    std::size_t below(std::size_t n)
    {
        return std::uniform_int_distribution<std::size_t>(0, n - 1)(random);
    }

    hf::duration length(hf::duration least, hf::duration most)
    {
        // Of any magnitude.
        const auto cut = most.count() >> below(60);
        return std::max(least, hf::duration(std::uniform_int_distribution<hf::duration::rep>(
                                   0, std::max<hf::duration::rep>(cut, 1))(random)));
    }

    std::string text(const char* letters, std::size_t length)
    {
        std::string t;
        for (auto n = below(length); n != 0; --n)
            t += letters[below(std::string_view(letters).size())];
        return t;
    }

    double factor()
    {
        const auto exponent = std::uniform_real_distribution<>(0, below(3) == 0 ? 300 : 1)(random);
        return below(4) == 0 ? static_cast<double>(1 + below(9)) : std::pow(10., exponent);
    }

    retry_record retry()
    {
        retry_record r;
        const auto initial = length(1ns, 24h);
        const auto most = initial + length(0ns, 24h);
        switch (below(5))
        {
        case 0:
            r.policy = hf::retry::backoff{initial, factor(), most,
                                          static_cast<hf::retry::jitter>(below(4))};
            break;
        case 1:
            r.policy = hf::retry::fixed{initial};
            break;
        case 2:
        {
            retry_record::schedule delays(1 + below(5));
            for (auto& d : delays)
                d = length(0ns, 24h);
            r.policy = delays;
            break;
        }
        case 3:
            r.policy = hf::retry::immediately();
            break;
        default:
            r.policy = hf::retry::twisted_backoff{initial, factor(), most, length(0ns, 1h)};
        }
        if (below(3) == 0)
            r.max_attempts = static_cast<unsigned>(1 + below(std::numeric_limits<unsigned>::max()));
        if (below(3) == 0)
            r.max_elapsed = length(1ns, 100000h);
        if (below(3) == 0)
            r.min_delay = length(1ns, 24h);
        return r;
    }

    hf::child_options child()
    {
        return {.stop_timeout = below(2) == 0 ? 0ns : length(1ns, 1000h),
                .must_be_ready = below(2) == 0};
    }

    client_record client(std::size_t number)
    {
        client_record r{.name = text("ab\"\\ \n\x01\xC3\xA9", 1) + "s" + std::to_string(number),
                        .kind = "k" + text("xyz \"\t", 9),
                        .endpoint = "tcp:" + hf::quote(text("ab:=\\\" ", 20)) + ":1",
                        .retry = retry(),
                        .attempt_timeout = length(1ns, 24h),
                        .prepare_timeout = length(1ns, 24h),
                        .stop_timeout = length(1ns, 24h),
                        .stable_after = length(0ns, 100000h),
                        .delay_floor = length(0ns, 24h),
                        .thread_safe = below(2) == 0,
                        .child = child()};
        if (below(3) == 0)
            r.secrets = {{"password", "env:" + text("ab \"=", 9) + "A"},
                         {"endpoint.Password", "file:/" + text("ab/\\ ", 9)}};
        return r;
    }

    tree_record tree(std::size_t number, std::size_t depth)
    {
        tree_record r{.name = "t" + std::to_string(number),
                      .stop = static_cast<hf::stop_order>(below(2)),
                      .child_stop_timeout = length(1ns, 1000h),
                      .child = child()};
        if (below(2) == 0)
            r.stop_timeout = std::nullopt;
        for (std::size_t i = below(4); i != 0; --i)
            if (depth < 4 && below(3) == 0)
                r.services.push_back({tree(i, depth + 1)});
            else
                r.services.push_back({client(i)});
        return r;
    }

    std::mt19937 random;
};

TEST_F(saving, what_is_loaded_is_what_was_saved_whatever_it_was)
{
    for (unsigned seed = 0; seed != 3000; ++seed)
    {
        SCOPED_TRACE(seed);
        const auto tree = record_source(seed).tree(0, 0);
        const auto text = to_json(tree);
        const auto loaded = hf::tree_from_json(text);
        ASSERT_EQ(loaded, tree) << text;
        ASSERT_EQ(to_json(loaded), text);
    }
}

TEST_F(saving,
       a_text_that_is_damaged_anywhere_is_refused_or_means_something_and_nothing_is_half_made)
{
    const auto text = to_json(two_levels());
    std::mt19937 random(1);
    for (std::size_t i = 0; i != text.size(); ++i)
    {
        SCOPED_TRACE(i);
        const auto cut = refusal(text.substr(0, i));
        EXPECT_EQ(cut == "it was loaded", i + 1 == text.size()); // which is the end of the line
        auto damaged = text;
        damaged[i] = static_cast<char>(random());
        const auto said = refusal(damaged);
        EXPECT_EQ(said.find('\n'), std::string::npos) << said;
    }
    settle();
    EXPECT_EQ(endpoint.dial_count(), 0U);
}

TEST_F(saving, a_kind_is_known_once_and_has_a_name)
{
    const auto factory = [](hf::stream s) { return std::make_shared<erased_reader>(std::move(s)); };
    EXPECT_THROW(kinds.add("reader", factory), std::invalid_argument);
    EXPECT_THROW(kinds.add("", factory), std::invalid_argument);
    EXPECT_THROW(kinds.add(std::string(256, 'x'), factory), std::invalid_argument);
}
}
