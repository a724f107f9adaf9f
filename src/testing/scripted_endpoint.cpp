// SPDX-License-Identifier: BSL-1.0
#include <holdfast/testing/scripted_endpoint.hpp>

#include "parked.hpp"

#include <boost/asio/error.hpp>

#include <algorithm>
#include <deque>
#include <stdexcept>

namespace holdfast::testing
{
namespace
{
// What is counted over all dials of a script. Dials own it together with the script, which owns
// the dials: so nothing goes in a circle.
struct census
{
    std::mutex mutex;
    std::size_t cancellations = 0;
    std::size_t open = 0;
    std::size_t open_max = 0;

    void opened()
    {
        const std::lock_guard lock(mutex);
        open_max = std::max(open_max, ++open);
    }

    void closed()
    {
        const std::lock_guard lock(mutex);
        --open;
    }

    void cancelled()
    {
        const std::lock_guard lock(mutex);
        ++cancellations;
    }
};

class dial : public parked<error_code, memory_stream>, private clock::timer
{
public:
    dial(dial_step step, dial_context context, std::shared_ptr<census> all)
        : step_(std::move(step))
        , context_(std::move(context))
        , census_(std::move(all))
    {
    }

    ~dial() override { disarm(); }

    // Does what the step says. `self` is this.
    static void begin(const std::shared_ptr<dial>& self, handler h)
    {
        dial& d = *self;
        if (d.step_.phase)
            d.context_.report->phase = *d.step_.phase;
        for (const auto& a : d.step_.addresses)
            d.context_.report->addresses.push_back(a);
        park(self, d.context_.executor, std::move(h));
        if (!d.step_.result)
            return;
        if (d.step_.after <= duration::zero())
            d.end(*d.step_.result);
        else
            d.arm();
    }

    // Ends it. False if it has ended before.
    bool end(error_code ec)
    {
        auto taken = claim();
        if (!taken)
            return false;
        disarm();
        memory_stream near(context_.executor);
        {
            const std::lock_guard lock(record_);
            result_ = ec;
            if (!ec)
            {
                census_->opened();
                auto [ours, theirs] = make_memory_streams(
                    context_.executor, context_.executor,
                    {.capacity = step_.capacity, .closed = [all = census_] { all->closed(); }});
                near = std::move(ours);
                peer_.emplace(std::move(theirs));
            }
        }
        std::move(taken).post(ec, std::move(near));
        return true;
    }

    const dial_context& context() const noexcept { return context_; }

    bool asked_to_end() const
    {
        const std::lock_guard lock(record_);
        return asked_to_end_;
    }

    std::optional<error_code> result() const
    {
        const std::lock_guard lock(record_);
        return result_;
    }

    memory_stream& peer()
    {
        const std::lock_guard lock(record_);
        if (!peer_)
            throw std::logic_error("scripted_dial: the dial has not connected");
        return *peer_;
    }

private:
    void cancel_requested() override
    {
        {
            const std::lock_guard lock(record_);
            if (!std::exchange(asked_to_end_, true))
                census_->cancelled();
        }
        switch (step_.when_cancelled)
        {
        case dial_step::cancelled::abort:
            end(asio::error::operation_aborted);
            break;
        case dial_step::cancelled::ignore:
            break;
        case dial_step::cancelled::succeed:
            end({});
            break;
        }
    }

    void arm()
    {
        holdfast::clock* const c = context_.clock;
        {
            const std::lock_guard lock(record_);
            clock_ = c;
        }
        c->arm(*this, c->now() + step_.after);
    }

    void expired() override
    {
        {
            const std::lock_guard lock(record_);
            clock_ = nullptr;
        }
        asio::post(context_.executor, [self = std::static_pointer_cast<dial>(shared_from_this())]
                   { self->end(*self->step_.result); });
    }

    // The clock went first: the dial then goes on until somebody ends it.
    void dropped() noexcept override
    {
        const std::lock_guard lock(record_);
        clock_ = nullptr;
    }

    void abandoned() noexcept override { disarm(); }

    void disarm() noexcept
    {
        holdfast::clock* c = nullptr;
        {
            const std::lock_guard lock(record_);
            c = std::exchange(clock_, nullptr);
        }
        if (c != nullptr)
            c->disarm(*this);
    }

    const dial_step step_;
    const dial_context context_;
    mutable std::mutex record_;
    holdfast::clock* clock_ = nullptr; // where the timer is armed
    std::shared_ptr<census> census_;
    bool asked_to_end_ = false;
    std::optional<error_code> result_;
    std::optional<memory_stream> peer_;
};
}

struct scripted_dial::state : dial
{
    using dial::dial;
};

const dial_context& scripted_dial::context() const noexcept
{
    return state_->context();
}

bool scripted_dial::pending() const
{
    return state_->pending();
}

bool scripted_dial::cancelled() const
{
    return state_->asked_to_end();
}

bool scripted_dial::succeed() const
{
    return state_->end({});
}

bool scripted_dial::fail(error_code ec) const
{
    return state_->end(ec);
}

std::optional<error_code> scripted_dial::result() const
{
    return state_->result();
}

memory_stream& scripted_dial::peer() const
{
    return state_->peer();
}

struct scripted_endpoint::script
{
    mutable std::mutex mutex;
    std::deque<dial_step> steps;
    dial_step otherwise = dial_step::succeed();
    std::vector<scripted_dial> dials;
    std::shared_ptr<census> all = std::make_shared<census>();
};

scripted_endpoint::scripted_endpoint(std::initializer_list<dial_step> steps)
    : script_(std::make_shared<script>())
{
    script_->steps = steps;
}

const scripted_endpoint& scripted_endpoint::then(dial_step step) const
{
    const std::lock_guard lock(script_->mutex);
    script_->steps.push_back(std::move(step));
    return *this;
}

const scripted_endpoint& scripted_endpoint::otherwise(dial_step step) const
{
    const std::lock_guard lock(script_->mutex);
    script_->otherwise = std::move(step);
    return *this;
}

void scripted_endpoint::start_dial::operator()(handler h, const dial_context& context) const
{
    std::shared_ptr<dial> started;
    {
        const std::lock_guard lock(script_->mutex);
        dial_step step = script_->otherwise;
        if (!script_->steps.empty())
        {
            step = std::move(script_->steps.front());
            script_->steps.pop_front();
        }
        scripted_dial record;
        record.state_ = std::make_shared<scripted_dial::state>(step, context, script_->all);
        script_->dials.push_back(record);
        started = record.state_;
        if (step.thrown)
            std::rethrow_exception(step.thrown);
    }
    dial::begin(started, std::move(h));
}

std::vector<scripted_dial> scripted_endpoint::dials() const
{
    const std::lock_guard lock(script_->mutex);
    return script_->dials;
}

scripted_dial scripted_endpoint::last() const
{
    const std::lock_guard lock(script_->mutex);
    if (script_->dials.empty())
        throw std::logic_error("scripted_endpoint: nobody has dialled");
    return script_->dials.back();
}

std::size_t scripted_endpoint::dial_count() const
{
    const std::lock_guard lock(script_->mutex);
    return script_->dials.size();
}

std::size_t scripted_endpoint::pending_dials() const
{
    const std::lock_guard lock(script_->mutex);
    return static_cast<std::size_t>(std::count_if(script_->dials.begin(), script_->dials.end(),
                                                  [](const scripted_dial& d)
                                                  { return d.pending(); }));
}

std::size_t scripted_endpoint::cancellations() const
{
    const std::lock_guard lock(script_->all->mutex);
    return script_->all->cancellations;
}

std::size_t scripted_endpoint::open_streams() const
{
    const std::lock_guard lock(script_->all->mutex);
    return script_->all->open;
}

std::size_t scripted_endpoint::open_streams_max() const
{
    const std::lock_guard lock(script_->all->mutex);
    return script_->all->open_max;
}

std::string to_string(const scripted_endpoint&)
{
    return "scripted";
}
}
