// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_TESTING_PARKED_HPP
#define HOLDFAST_SRC_TESTING_PARKED_HPP

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/append.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/cancellation_type.hpp>
#include <boost/asio/execution_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/query.hpp>

#include <memory>
#include <mutex>
#include <unordered_set>
#include <utility>

namespace holdfast::testing
{
namespace asio = boost::asio;

class parking;

// An operation that waits for a test, or for the other end, to complete it.
//
// Its handler may own whatever holds the operation: the context breaks that circle when it is
// destroyed, as it does for its own operations, by abandoning every operation parked on it.
class parked_base : public std::enable_shared_from_this<parked_base>
{
public:
    parked_base(const parked_base&) = delete;
    parked_base& operator=(const parked_base&) = delete;

protected:
    parked_base() = default;
    virtual ~parked_base() = default;

    std::mutex mutex_;
    parking* parking_ = nullptr; // null once it has completed or was abandoned

private:
    friend class parking;

    // The context is being destroyed: posts nothing any more.
    virtual void abandoned() noexcept {}

    // Destroys the handler.
    virtual void drop() noexcept = 0;
};

// All operations that are parked on one context.
class parking final : public asio::execution_context::service
{
public:
    static asio::execution_context::id id;

    explicit parking(asio::execution_context& context) : service(context) {}

    void add(parked_base& operation);
    void remove(parked_base& operation) noexcept;

private:
    void shutdown() noexcept override;

    std::mutex mutex_;
    std::unordered_set<parked_base*> all_;
};

// The handler of an operation that is about to complete, taken by the one who completes it.
template <class... Args>
class claimed
{
public:
    using handler = asio::any_completion_handler<void(Args...)>;

    claimed() = default;
    claimed(asio::any_io_executor executor, handler h)
        : executor_(std::move(executor))
        , handler_(std::move(h))
    {
        work_ = asio::prefer(executor_, asio::execution::outstanding_work.tracked);
        handler_work_ = asio::prefer(asio::get_associated_executor(handler_, executor_),
                                     asio::execution::outstanding_work.tracked);
    }

    claimed(claimed&& other) = default;

    // By swapping, since moving an any_completion_handler by assignment never ends in Boost 1.81.
    claimed& operator=(claimed&& other) noexcept
    {
        claimed moved(std::move(other));
        executor_.swap(moved.executor_);
        work_.swap(moved.work_);
        handler_work_.swap(moved.handler_work_);
        handler_.swap(moved.handler_);
        return *this;
    }

    explicit operator bool() const noexcept { return static_cast<bool>(handler_); }
    const asio::any_io_executor& executor() const noexcept { return executor_; }
    const handler& get() const noexcept { return handler_; }

    void post(Args... args) &&
    {
        asio::post(executor_, asio::append(std::move(handler_), std::move(args)...));
    }

private:
    asio::any_io_executor executor_;
    asio::any_io_executor work_; // the context does not run out of work meanwhile
    asio::any_completion_executor handler_work_;
    handler handler_;
};

// An operation that completes with `Args`. Made by `start`.
template <class... Args>
class parked : public parked_base
{
public:
    using handler = typename claimed<Args...>::handler;

    // Parks `self`, which was made with `make_shared` and completes `h` later. From then on
    // `cancel_requested` may be called.
    static void park(const std::shared_ptr<parked>& self, const asio::any_io_executor& executor,
                     handler h)
    {
        self->waiting_ = {executor, std::move(h)};
        auto& service = asio::use_service<parking>(asio::query(executor, asio::execution::context));
        self->parking_ = &service;
        service.add(*self);
        // The slot is never cleared, since whoever completes the operation may be on another
        // thread: what is left in it finds the operation gone.
        auto slot = asio::get_associated_cancellation_slot(self->waiting_.get());
        if (slot.is_connected())
            slot.assign(
                [weak = std::weak_ptr(self)](asio::cancellation_type type)
                {
                    if (type != asio::cancellation_type::none)
                        if (const auto operation = weak.lock(); operation && operation->pending())
                            operation->cancel_requested();
                });
    }

    bool pending()
    {
        const std::lock_guard lock(mutex_);
        return parking_ != nullptr;
    }

    // Whoever gets it completes the operation. Empty if somebody else did.
    claimed<Args...> claim()
    {
        parking* from = nullptr;
        claimed<Args...> taken;
        {
            const std::lock_guard lock(mutex_);
            from = std::exchange(parking_, nullptr);
            if (from == nullptr)
                return taken;
            taken = std::exchange(waiting_, {});
        }
        from->remove(*this);
        return taken;
    }

    bool complete(Args... args)
    {
        auto taken = claim();
        if (!taken)
            return false;
        std::move(taken).post(std::move(args)...);
        return true;
    }

protected:
    virtual void cancel_requested() = 0;

    ~parked() override { claim(); }

private:
    void drop() noexcept override { waiting_ = {}; }

    claimed<Args...> waiting_;
};
}

#endif
