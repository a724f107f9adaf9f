// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_MULTI_SERVICE_HPP
#define HOLDFAST_MULTI_SERVICE_HPP

#include <holdfast/clock.hpp>
#include <holdfast/core/tree_machine.hpp>
#include <holdfast/service.hpp>

#include <boost/asio/execution_context.hpp>

#include <chrono>
#include <concepts>
#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace holdfast
{
/// How a tree stops its children.
enum class stop_order : std::uint8_t
{
    one_by_one,  ///< In reverse; each when the one added after it has stopped.
    all_at_once, ///< In reverse, but nobody waits for another.
};

/// All that a tree can be told. Times must be more than zero; what is out of range is refused with
/// `std::invalid_argument`, which names the field.
struct multi_service_options
{
    /// Stands in paths; empty: it has none.
    std::string name = {};

    /// How its children are stopped.
    stop_order stop = stop_order::one_by_one;

    /// How long each child may take to stop, unless it was added with a time of its own; none: for
    /// ever. A client service takes up to its `stop_timeout` and a second.
    std::optional<duration> child_stop_timeout = std::chrono::seconds(10);

    /// How long all of them together may take; none: for ever. When that is over, those who were
    /// not told to stop are told, and nobody is waited for any more.
    std::optional<duration> stop_timeout = std::chrono::seconds(60);

    /// Null: `default_clock` of the executor. Must outlive the tree.
    holdfast::clock* clock = nullptr;
};

/// What a tree is told of one child.
struct child_options
{
    /// How long it may take to stop. Zero: as the tree says.
    duration stop_timeout = duration::zero();

    /// Whether the tree is ready only when this child is.
    bool must_be_ready = true;

    bool operator==(const child_options&) const = default;
};

/// Many services as one: starts its children in the order in which they were added, and stops them
/// in reverse.
///
/// A child that cannot be started has those before it stopped again, in reverse, and those after it
/// never started; `start()` throws `tree_error`, `async_start` completes when that has been done,
/// with everything that went wrong. A stop completes when every child has stopped, also where some
/// of them failed; all errors come back together, with the path of each. A child that does not stop
/// in time is named there, and no longer waited for.
///
/// A child that is added while the tree runs gets the privileged start and the start at once; one
/// that is removed is stopped. All of it may be called from inside the callbacks of its children.
///
/// @par Thread safety
/// As `service`: it and all its children are used from one serial executor.
///
/// @par Lifetime
/// It shares in owning its children: one that nobody else holds ends with it.
class multi_service final : public service_collection
{
public:
    explicit multi_service(executor_type executor, multi_service_options options = {});

    template <std::derived_from<asio::execution_context> Context>
    explicit multi_service(Context& context, multi_service_options options = {})
        : multi_service(executor_type(context.get_executor()), std::move(options))
    {
    }

    ~multi_service() override;

    /// Makes it the last child, and gives it back. See `service::set_parent`.
    template <std::derived_from<service> Service>
    std::shared_ptr<Service> add(std::shared_ptr<Service> child, child_options options = {})
    {
        add_child(child, options);
        return child;
    }

    /// The child of that name, or what lies below it: `a`, `feeds/a`; null if there is none.
    std::shared_ptr<service> find(std::string_view path) const;

    /// The same.
    ///
    /// @throws std::out_of_range if there is none; it says which part of the path was not found
    service& at(std::string_view path) const;

    /// The children at this moment, in the order in which they were added. They may come and go
    /// while it is gone through.
    std::vector<std::shared_ptr<service>> children() const;

    std::size_t size() const noexcept { return children_.size(); }

    void retry_now() override;

    const multi_service_options& options() const noexcept { return options_; }

    /// What it was told of this child.
    ///
    /// @throws std::out_of_range if it is none
    const child_options& options_of(const service& child) const;

private:
    struct entry
    {
        core::child_id id;
        child_options options;
        std::shared_ptr<service> child;
        std::uint32_t watched_in = 0; // in which life of the tree its readiness is waited for
    };

    struct stop_timer final : clock::timer
    {
        explicit stop_timer(multi_service& t) noexcept : tree(t) {}
        void expired() override;
        multi_service& tree;
    };

    void do_privileged_start() override;
    void do_start() override;
    void do_stop() override;
    bool ready_when_started() const noexcept override { return false; }
    void do_await_ready() override;

    void take(std::shared_ptr<service> child) override;
    void release(service& child) override;
    std::size_t position(const service& child) const noexcept override;

    void add_child(const std::shared_ptr<service>& child, const child_options& options);
    void refuse_bad_child(const service& child) const;
    void greet(const std::shared_ptr<service>& child, const core::tree_machine::admission& a);
    void go_round();
    void go_on_stopping();
    void carry_out(const core::tree_machine::action& a);
    void tell_stop(const entry& e, std::uint32_t number);
    void child_stopped(core::child_id id, std::uint32_t number, const service* child,
                       error_code ec);
    void note(const service& child, service_step step, error_code ec);
    void watched(core::child_id id, std::uint32_t life, error_code ec);
    void await_ready_again();
    bool all_ready() const noexcept;

    entry* find_entry(core::child_id id) noexcept;
    const entry* find_entry(const service& child) const noexcept;

    multi_service_options options_;
    core::tree_machine machine_;
    std::vector<entry> children_;                   // as the machine has them
    std::map<std::string_view, service*> names_;    // those that have one
    std::vector<std::shared_ptr<service>> leaving_; // removed, and not yet stopped
    tree_failure failures_;                         // of the stop that goes on
    stop_timer timer_{*this};
    std::uint32_t life_ = 0;         // how often it was started
    bool stopping_children_ = false; // that goes on: nothing begins it again from within
};

/// The service of this path, as `service::path` gives it: `root/feeds/a`, where `root` is `top`;
/// null if there is none.
std::shared_ptr<service> find_service(multi_service& top, std::string_view path);
}

#endif
