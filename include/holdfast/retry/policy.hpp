// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_RETRY_POLICY_HPP
#define HOLDFAST_RETRY_POLICY_HPP

#include <holdfast/retry/ask.hpp>

#include <concepts>
#include <exception>
#include <memory>
#include <optional>
#include <type_traits>
#include <utility>

namespace holdfast::retry
{
/// Chooses how long to wait before the next attempt: any `askable`, held by value.
///
/// A default-constructed (or moved-from) policy is `backoff{}`. Copies share what they hold.
///
/// @par Thread safety
/// As safe as what it holds, which is only ever called through const. All policies of this library
/// are safe, distinct or shared.
class policy
{
public:
    policy() noexcept = default;

    /// Throws `std::invalid_argument`, naming the field, where the parameters of `f` make no sense.
    template <class F>
        requires(!std::same_as<std::remove_cvref_t<F>, policy>) && askable<std::decay_t<F>>
    policy(F&& f) : held_((check(f), std::make_shared<holder<std::decay_t<F>>>(std::forward<F>(f))))
    {
    }

    /// The delay to wait, or nothing to give up. It is at least `floor` and at most
    /// `longest_delay`.
    ///
    /// `immediately` is the one policy without a floor, unless the last failure was of this
    /// machine's own resources (`condition::local_resource`), which retrying at once only makes
    /// worse.
    ///
    /// Throws what a policy of the user throws; `choose` does not.
    std::optional<duration> operator()(const context& c, duration floor = {}) const;

    /// False for `immediately`, and for what wraps it.
    bool floored() const noexcept { return !held_ || held_->floored(); }

private:
    struct base
    {
        base() = default;
        base(const base&) = delete;
        base& operator=(const base&) = delete;
        virtual ~base();
        virtual std::optional<duration> ask(const context& c) const = 0;
        virtual bool floored() const noexcept = 0;
    };

    template <class F>
    struct holder final : base
    {
        template <class G>
        // It is not copied. NOLINTNEXTLINE(bugprone-forwarding-reference-overload)
        explicit holder(G&& g) : f(std::forward<G>(g))
        {
        }
        std::optional<duration> ask(const context& c) const override { return retry::ask(f, c); }
        bool floored() const noexcept override { return retry::floored(f); }

        F f;
    };

    template <class F>
    static void check(const F& f)
    {
        retry::validate<std::decay_t<const F>>(f);
    }

    std::shared_ptr<const base> held_; // null: the default
};

/// What came of asking a policy that may throw.
struct choice
{
    std::optional<duration> delay; ///< None: give up.
    std::exception_ptr thrown;     ///< What the policy threw, if `delay` is the default policy's.
};

/// Asks `p`. If it throws, the answer is that of the default policy, with what was thrown.
choice choose(const policy& p, const context& c, duration floor) noexcept;
}

#endif
