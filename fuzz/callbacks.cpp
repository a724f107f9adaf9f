// SPDX-License-Identifier: BSL-1.0
// A callback protocol between a service and a peer in memory, both of which do what the input says
// in any order; within callbacks too. What must hold is checked where it happens.
#include "fuzz/callback_account.hpp"

#include <holdfast/client_service.hpp>
#include <holdfast/retry/fixed.hpp>
#include <holdfast/testing/manual_clock.hpp>
#include <holdfast/testing/scripted_endpoint.hpp>

#include <boost/asio/io_context.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace
{
namespace hf = holdfast;
namespace asio = boost::asio;
using namespace std::chrono_literals;

constexpr std::size_t deeds_max = 300;

/// About each size of the buffer that reads go to, and of what a peer holds.
constexpr std::size_t sizes[]{
    1, 2, 31, 32, 33, 100, 1000, 2047, 2048, 2049, 10'000, 65'536, fuzz::pattern_max};

enum class deed : unsigned char
{
    write, ///< Of the protocol.
    pause,
    resume,
    shutdown,
    close,
    abort,
    raise, ///< It throws, if it is in a callback.
    peer_gives,
    peer_takes,
    peer_shuts_down,
    peer_closes,
    peer_resets,
    run_one, ///< Of what is ready.
    settle,
    drain, ///< The peer takes until nothing more comes.
    time_passes,
    start, ///< Of the service.
    stop,
    destroy,
    in_a_callback, ///< The next deed is done within the next callback.
};
constexpr std::size_t deed_count = static_cast<std::size_t>(deed::in_a_callback) + 1;

/// A service and its peer, and what must be true of the present connection between them.
class play
{
public:
    explicit play(fuzz::bytes& input) : input_(input)
    {
        half_close_ = input.byte() % 2 == 0;
        write_limit_ = input.one_of(sizes);
        auto step = hf::testing::dial_step::succeed();
        step.capacity = capacity_ = input.one_of(sizes);
        endpoint_.otherwise(step);
        service_.emplace(
            context_, endpoint_, [this] { return std::make_shared<probe>(*this); },
            hf::client_options<probe>{.retry = hf::retry::fixed{1s}, .clock = &clock_});
        service_->start();
        settle();
    }

    /// Does all that the input says, then ends: nothing may be left.
    void run()
    {
        for (std::size_t i = 0; i != deeds_max && !input_.empty(); ++i)
            act(false);
        account_.service_ends = true;
        service_.reset();
        settle();
        fuzz::check(!account_.alive, "a connection is lost when its service is destroyed");
        fuzz::check(clock_.armed() == 0, "no timer is left");
        fuzz::check(endpoint_.open_streams() == 0, "no stream is left");
        fuzz::check(endpoint_.open_streams_max() <= 1, "there was one stream at a time");
    }

private:
    class probe final : public hf::callback_protocol
    {
    public:
        explicit probe(play& p) : play_(p) {}

        void made(hf::transport& t) override { play_.made(*this, t); }
        void received(std::string_view bytes) override
        {
            account().received(bytes);
            play_.within();
        }
        bool receive_ended() override
        {
            account().receive_ended();
            play_.within();
            return play_.half_close_;
        }
        void write_paused() override
        {
            account().write_paused(transport->unsent(), play_.write_limit_);
            play_.within();
        }
        void write_resumed() override
        {
            account().write_resumed(transport->unsent());
            play_.within();
        }
        std::size_t write_limit() const noexcept override { return play_.write_limit_; }
        void lost(hf::error_code why) override { play_.lost(*this, why); }

        fuzz::callback_account& account() const
        {
            fuzz::check(play_.present_ == this, "only the present connection calls");
            return play_.account_;
        }

        hf::transport* transport = nullptr;

    private:
        play& play_;
    };

    void made(probe& p, hf::transport& t)
    {
        fuzz::check(present_ == nullptr, "there is one connection at a time");
        present_ = &p;
        p.transport = &t;
        dial_ = endpoint_.last();
        account_ = {};
        account_.alive = account_.in_made = true;
        const std::shared_ptr<void> leave(nullptr, [this](void*) { account_.in_made = false; });
        within(); // which may throw
    }

    void lost(probe& p, hf::error_code why)
    {
        p.account().lost(why, peer().take());
        const std::shared_ptr<void> forget(nullptr,
                                           [&](void*)
                                           {
                                               present_ = nullptr;
                                               p.transport = nullptr;
                                           });
        within(); // which may throw
    }

    /// What is done within a callback.
    void within()
    {
        if (planned_ == 0)
            return;
        --planned_;
        act(true);
    }

    void act(bool in_a_callback)
    {
        const auto what = static_cast<deed>(input_.byte() % deed_count);
        if (what <= deed::raise)
            act_of_protocol(what, in_a_callback);
        else if (what <= deed::peer_resets)
            act_of_peer(what);
        else
            act_of_world(what, in_a_callback);
    }

    void act_of_protocol(deed what, bool in_a_callback)
    {
        if (what == deed::raise && in_a_callback)
        {
            account_.thrown = true;
            throw std::runtime_error("thrown in a callback");
        }
        if (present_ == nullptr || present_->transport == nullptr)
            return;
        auto& t = *present_->transport;
        const bool before = std::exchange(account_.in_a_call, true);
        switch (what)
        {
        case deed::write:
            write(t, size());
            break;
        case deed::pause:
            account_.pause();
            t.pause_reading();
            break;
        case deed::resume:
            account_.paused = false;
            t.resume_reading();
            break;
        case deed::shutdown:
            account_.sends_no_more = true;
            t.shutdown_send();
            break;
        case deed::close:
            account_.closing = account_.sends_no_more = true;
            account_.ends_early = account_.ends_early || account_.in_made;
            t.close();
            break;
        case deed::abort:
            account_.aborted = true;
            t.abort();
            break;
        default:
            break;
        }
        account_.in_a_call = before;
    }

    /// Of what one side sends; not so much that it goes in thousands of steps.
    std::size_t size() { return std::min(input_.one_of(sizes), 32 * capacity_); }

    void write(hf::transport& t, std::size_t n)
    {
        const auto text = fuzz::pattern(account_.written, n);
        if (!account_.sends_no_more && account_.alive)
            account_.written += n; // unless it is over, and was not lost yet
        t.write(text);
    }

    hf::testing::memory_stream& peer() const { return dial_->peer(); }

    void act_of_peer(deed what)
    {
        if (!dial_)
            return;
        switch (what)
        {
        case deed::peer_gives:
            if (const auto n = size(); peer().give(fuzz::pattern(account_.given, n)))
                account_.given += n;
            break;
        case deed::peer_takes:
            account_.taken(peer().take());
            break;
        case deed::peer_shuts_down:
            account_.peer_ended = true;
            peer().shutdown_send();
            break;
        case deed::peer_closes:
            account_.taken(peer().take());
            account_.peer_ended = account_.peer_closed = true;
            peer().close();
            break;
        case deed::peer_resets:
            account_.taken(peer().take());
            account_.peer_reset = true;
            peer().reset();
            break;
        default:
            break;
        }
    }

    void act_of_world(deed what, bool in_a_callback)
    {
        switch (what)
        {
        case deed::in_a_callback:
            ++planned_;
            break;
        case deed::start:
            if (service_)
                service_->start();
            break;
        case deed::stop:
            service_ends();
            if (service_)
                service_->async_stop([](hf::error_code) {});
            break;
        case deed::destroy:
            service_ends();
            service_.reset();
            break;
        default: // these run callbacks, which is not done within one
            if (!in_a_callback)
                let_happen(what);
        }
    }

    void service_ends()
    {
        account_.service_ends = true;
        account_.ends_early = account_.ends_early || account_.in_made;
    }

    void let_happen(deed what)
    {
        switch (what)
        {
        case deed::run_one:
            context_.restart();
            context_.poll_one();
            break;
        case deed::settle:
            settle();
            break;
        case deed::drain:
            drain();
            break;
        case deed::time_passes:
            clock_.advance(std::chrono::milliseconds(100 * (input_.byte() % 100)), context_);
            break;
        default:
            break;
        }
    }

    void settle()
    {
        clock_.advance(0s, context_);
        if (present_ != nullptr)
            account_.settled(present_->transport->unsent());
    }

    void drain()
    {
        if (!dial_)
            return;
        for (auto before = account_.came + 1; before != account_.came;)
        {
            before = account_.came;
            settle();
            account_.taken(peer().take());
        }
        if (present_ != nullptr)
            account_.drained(present_->transport->unsent());
    }

    fuzz::bytes& input_;
    hf::testing::manual_clock clock_;
    asio::io_context context_;
    hf::testing::scripted_endpoint endpoint_;
    bool half_close_ = false;
    std::size_t write_limit_ = 0;
    std::size_t capacity_ = 0;
    std::size_t planned_ = 0;  // deeds to be done within callbacks
    probe* present_ = nullptr; // from made until lost has returned
    std::optional<hf::testing::scripted_dial> dial_;
    fuzz::callback_account account_;
    std::optional<hf::client_service<probe>> service_;
};
}

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size)
{
    fuzz::bytes input(data, size);
    play(input).run();
    return 0;
}
