// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_CONFORMANCE_TREE_FIXTURE_HPP
#define HOLDFAST_TEST_CONFORMANCE_TREE_FIXTURE_HPP

#include "conformance/fixture.hpp"

#include <holdfast/as_service.hpp>
#include <holdfast/multi_service.hpp>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace conformance
{
using journal = std::vector<std::string>;

/// A service that writes down what it is told to do.
class part final : public hf::service
{
public:
    part(asio::io_context& context, journal& j, std::string name = {})
        : service(context.get_executor(), std::move(name))
        , journal_(j)
    {
    }

    std::function<void()> on_privileged_start;
    std::function<void()> on_start;
    std::function<void()> on_stop;
    bool lingers = false;    ///< Its stop ends when `end` is called, and not before.
    bool is_ready = true;    ///< Else when `tell_ready` is called.
    hf::error_code end_code; ///< What its stop ends with.

    void end() { stopped(end_code); }
    void tell_ready() { became_ready(); }
    void tell_not_ready(hf::error_code ec)
    {
        will_not_be_ready(
            {{{.path = path(), .step = hf::service_step::becoming_ready, .code = ec}}});
    }

private:
    void do_privileged_start() override { note("privileged ", on_privileged_start); }
    void do_start() override { note("start ", on_start); }

    void do_stop() override
    {
        note("stop ", on_stop);
        if (!lingers)
            end();
    }

    bool ready_when_started() const noexcept override { return is_ready; }

    void note(const char* what, const std::function<void()>& hook)
    {
        journal_.push_back(what + name());
        if (hook)
            hook();
    }

    journal& journal_;
};

/// A tree `root` on a manual clock, to which a test adds parts. At the end nothing may be left.
class tree_fixture : public ::testing::Test
{
protected:
    std::shared_ptr<hf::multi_service> make(hf::multi_service_options o = {})
    {
        o.clock = &clock;
        if (o.name.empty())
            o.name = "root";
        return std::make_shared<hf::multi_service>(context, o);
    }

    std::shared_ptr<part> make_part(std::string name)
    {
        return std::make_shared<part>(context, told, std::move(name));
    }

    std::shared_ptr<part> add(const std::string& name, hf::child_options o = {})
    {
        return root->add(make_part(name), o);
    }

    /// A client service on the scripted endpoint.
    hf::client_service<reader> make_client(hf::client_options<reader> o)
    {
        o.clock = &clock;
        return {context, endpoint, [](hf::testing::memory_stream s)
                { return std::make_shared<reader>(std::move(s)); }, o};
    }

    static std::function<void()> thrower(const char* what)
    {
        return [what] { throw std::runtime_error(what); };
    }

    /// What was told since the last time.
    journal news() { return std::exchange(told, {}); }

    void settle() { clock.advance(0s, context); }
    void pass(hf::duration d) { clock.advance(d, context); }

    void TearDown() override
    {
        root.reset();
        settle();
        EXPECT_EQ(clock.armed(), 0U);
        EXPECT_EQ(endpoint.open_streams(), 0U);
    }

    static std::vector<std::string> paths(const hf::tree_failure& f)
    {
        std::vector<std::string> all;
        all.reserve(f.services.size());
        for (const auto& s : f.services)
            all.push_back(s.path);
        return all;
    }

    hf::testing::manual_clock clock;
    asio::io_context context;
    hf::testing::scripted_endpoint endpoint;
    journal told;
    std::shared_ptr<hf::multi_service> root = make();
};
}

#endif
