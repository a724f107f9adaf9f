// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SERVICE_HPP
#define HOLDFAST_SERVICE_HPP

#include <holdfast/detail/plain_handler.hpp>
#include <holdfast/detail/waiter.hpp>
#include <holdfast/error.hpp>
#include <holdfast/tree_failure.hpp>

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/deferred.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>

namespace holdfast
{
namespace asio = boost::asio;

class service_collection;

/// Something that is started and stopped as one, has a name, and may be a child of a tree.
///
/// Derive from it, and say in `do_start` and `do_stop` what is to be done; it keeps count of who
/// waits, and of what was called when. `multi_service` is a service of services; `as_service` makes
/// one of a client service.
///
/// A service is owned by a `std::shared_ptr`; make it with `std::make_shared`. A tree shares in
/// owning its children; a child knows its parent, and forgets it when that is destroyed.
///
/// @par Thread safety
/// Like any Asio object: a service is used from its executor, which must be serial. All services of
/// one tree share one such executor.
///
/// @par Lifetime
/// It may be destroyed in any state, also from inside a callback, before its context is: those who
/// wait get `operation_aborted`.
class service : public std::enable_shared_from_this<service>
{
public:
    using executor_type = asio::any_io_executor;

    /// @throws std::invalid_argument if the name holds a `/`, or begins with `#`, which stand in
    /// paths
    explicit service(executor_type executor, std::string name = {});
    service(const service&) = delete;
    service& operator=(const service&) = delete;
    virtual ~service();

    /// Empty if it has none.
    const std::string& name() const noexcept { return name_; }

    /// Gives it a name, which must be one that the constructor takes.
    ///
    /// @throws std::logic_error if it has a parent, who knows it by its name
    void set_name(std::string name);

    /// The names from the topmost service on, such as `root/feeds/a`; `#2` stands for the third
    /// child of a service if it has no name.
    std::string path() const;

    /// Null if it has none.
    service_collection* parent() const noexcept { return parent_; }

    /// Makes it the last child of `parent`: leaves its old one first, as `disown_parent` does, and
    /// is started if the new one runs. A child of `parent` stays what it is.
    ///
    /// @throws std::invalid_argument if there is a child of that name, or `parent` is a part of
    /// this; then nothing has changed
    /// @throws what its start throws; then it has no parent, and was stopped again
    void set_parent(service_collection& parent);

    /// Takes it out of its parent, where nobody waits. See `async_disown_parent`.
    void disown_parent();

    /// Takes it out of its parent. If it was started by that, it is stopped.
    ///
    /// Completes with `void(error_code)` when it has stopped, or at once if there was nothing to
    /// stop, with what `async_stop` does.
    ///
    /// @par Cancellation
    /// All types: this wait ends with `operation_aborted`; nothing else changes.
    template <asio::completion_token_for<void(error_code)> Token = asio::deferred_t>
    [[nodiscard]] auto async_disown_parent(Token&& token = Token{})
    {
        return initiate(request::disown, nullptr, token);
    }

    /// Does what must be done before the privileges of the process are dropped. To be called once,
    /// before `start`; a service that is being stopped does it as soon as it has stopped.
    ///
    /// @throws what the service throws, who is then stopped
    void privileged_start();

    /// Starts it. While it stops: as soon as it has stopped. Running, it changes nothing.
    ///
    /// @throws what the service throws, who is then stopped, so that what it had begun is undone; a
    /// tree throws `tree_error`
    void start();

    /// Stops, where nobody waits for it. See `async_stop`.
    void stop();

    /// Starts it, and waits until it is ready; if it cannot be started, until it has stopped again.
    ///
    /// Completes with `void(error_code)`: as `async_ready` does, and with the code of what was
    /// thrown if it could not be started. Nothing is thrown.
    ///
    /// @par Cancellation
    /// All types: this wait ends with `operation_aborted`; nothing else changes.
    template <asio::completion_token_for<void(error_code)> Token = asio::deferred_t>
    [[nodiscard]] auto async_start(Token&& token = Token{})
    {
        return initiate(request::start, nullptr, token);
    }

    /// The same; if it fails, `why` is set to everything that went wrong, at the start and while
    /// what had been started was stopped again. It must live until the operation has completed.
    template <asio::completion_token_for<void(error_code)> Token = asio::deferred_t>
    [[nodiscard]] auto async_start(tree_failure& why, Token&& token = Token{})
    {
        return initiate(request::start, &why, token);
    }

    /// Stops, and waits until that has ended.
    ///
    /// Completes with `void(error_code)`: success (at once if nothing is there to be stopped), what
    /// the service has to tell of its end, or `operation_aborted` if it was destroyed.
    ///
    /// @par Cancellation
    /// All types: this wait ends with `operation_aborted`; the stop goes on.
    template <asio::completion_token_for<void(error_code)> Token = asio::deferred_t>
    [[nodiscard]] auto async_stop(Token&& token = Token{})
    {
        return initiate(request::stop, nullptr, token);
    }

    /// The same; if it fails, `why` is set to everything that went wrong. It must live until the
    /// operation has completed.
    template <asio::completion_token_for<void(error_code)> Token = asio::deferred_t>
    [[nodiscard]] auto async_stop(tree_failure& why, Token&& token = Token{})
    {
        return initiate(request::stop, &why, token);
    }

    /// Waits until it is ready: a client service, when its first connection since the start is
    /// prepared; a tree, when all are that must be. What is ready remains so until it is stopped.
    ///
    /// Completes with `void(error_code)`: success (at once if it is ready), `errc::stopped` if it
    /// stops or has stopped, or with why it will not be ready. Before the first start, and while it
    /// stops, it waits.
    ///
    /// @par Cancellation
    /// All types: this wait ends with `operation_aborted`; nothing else changes.
    template <asio::completion_token_for<void(error_code)> Token = asio::deferred_t>
    [[nodiscard]] auto async_ready(Token&& token = Token{})
    {
        return initiate(request::ready, nullptr, token);
    }

    /// The same; if it fails, `why` is set to everything that went wrong. It must live until the
    /// operation has completed.
    template <asio::completion_token_for<void(error_code)> Token = asio::deferred_t>
    [[nodiscard]] auto async_ready(tree_failure& why, Token&& token = Token{})
    {
        return initiate(request::ready, &why, token);
    }

    /// Has what waits for its time begin now: a client service its next attempt, see
    /// `client_service::retry_now`; a tree that of all who are below it. By default it does
    /// nothing.
    virtual void retry_now() {}

    /// From start to stop.
    bool running() const noexcept;

    /// Whether it has been ready since the last start.
    bool ready() const noexcept { return ready_; }

    /// What went wrong at the last start or stop at which something did; null if nothing has. Here
    /// too stands what nobody was told of.
    std::shared_ptr<const tree_failure> last_failure() const noexcept { return last_failure_; }

    const executor_type& get_executor() const noexcept { return executor_; }

protected:
    // What a service is. None of these is called while another one of them, or itself, goes on.

    /// The privileged start; by default it does nothing.
    virtual void do_privileged_start() {}

    /// Begins what the service is for. If it throws, `do_stop` is called.
    virtual void do_start() = 0;

    /// Ends what was begun, or part of it, if a start threw, and has `stopped` called: within, or
    /// later, when nothing is left. What it throws is an error of the stop, which has then ended.
    virtual void do_stop() = 0;

    /// Whether it is ready as soon as `do_start` has returned. If not, it calls `became_ready`, or
    /// `will_not_be_ready`.
    virtual bool ready_when_started() const noexcept { return true; }

    /// Somebody begins to wait while it runs and is not ready. By default it does nothing.
    virtual void do_await_ready() {}

    // What a service tells, from its executor.

    /// Everything has ended that `do_stop` was to end. If something went wrong there is a code.
    void stopped(error_code ec = {});

    /// The same, with all that went wrong within.
    void stopped(tree_failure why);

    /// It does what it is for. Does nothing unless it runs.
    void became_ready();

    /// Whoever waits until it is ready is told that this will not be; it goes on running.
    void will_not_be_ready(tree_failure why);

    /// Whether it is being started and nobody has stopped it meanwhile.
    bool may_go_on() const noexcept
    {
        return state_ == lifetime::prepared || state_ == lifetime::running;
    }

private:
    friend class service_collection;

    enum class lifetime : std::uint8_t
    {
        idle,     ///< Never started.
        prepared, ///< Had the privileged start.
        running,
        failing,  ///< A start threw; what was begun is being ended.
        stopping, ///< It was asked to stop and has not ended.
        stopped,
    };

    enum class request : std::uint8_t
    {
        start,
        stop,
        ready,
        disown,
    };

    class operation;
    using handler = asio::any_completion_handler<void(error_code)>;

    struct start_request
    {
        using executor_type = asio::any_io_executor;
        executor_type executor;
        executor_type get_executor() const noexcept { return executor; }

        template <class Handler>
        void operator()(Handler&& done, service* s, request r, tree_failure* why) const
        {
            s->begin(r, why, detail::plain_handler(std::forward<Handler>(done), executor));
        }
    };

    template <class Token>
    auto initiate(request r, tree_failure* why, Token& token)
    {
        return asio::async_initiate<Token, void(error_code)>(start_request{executor_}, token, this,
                                                             r, why);
    }

    void begin(request r, tree_failure* why, handler done);
    void begin_ready(detail::waiter& w);
    void begin_stop(detail::waiter& w, request r);

    void prepare_now();
    void start_now();
    void after_start();
    void fail();
    void stop_now() noexcept;
    void end(error_code ec, tree_failure why) noexcept;
    void begin_again() noexcept;
    void tell(detail::waiter_list& whom, error_code ec, std::shared_ptr<const tree_failure> why);

    executor_type executor_;
    std::string name_;
    service_collection* parent_ = nullptr;
    detail::waiter_list stops_;
    detail::waiter_list readies_;
    std::shared_ptr<const tree_failure> last_failure_;
    std::shared_ptr<const tree_failure> telling_; // while waiters are told: why
    lifetime state_ = lifetime::idle;
    bool busy_ = false; // one of the virtual functions goes on
    bool ready_ = false;
    bool prepare_after_ = false; // the privileged start is wanted when it has stopped
    bool start_after_ = false;   // the start likewise
};

/// A service that has children: what `service::parent` is.
class service_collection : public service
{
public:
    using service::service;

private:
    friend class service;

    /// Makes it a child. See `service::set_parent`.
    virtual void take(std::shared_ptr<service> child) = 0;

    /// Takes out a child, and stops it if it was started here.
    virtual void release(service& child) = 0;

    /// How many children were added before this one.
    virtual std::size_t position(const service& child) const noexcept = 0;

protected:
    /// Whether a child has ended all that it was told to begin.
    static bool has_ended(const service& s) noexcept
    {
        return s.state_ == lifetime::idle || s.state_ == lifetime::stopped;
    }

    static void set_parent_of(service& child, service_collection* parent) noexcept
    {
        child.parent_ = parent;
    }
};
}

#endif
