// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_SIMULATION_JOURNAL_HPP
#define HOLDFAST_TEST_SIMULATION_JOURNAL_HPP

#include <holdfast/time.hpp>

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <optional>
#include <string>
#include <string_view>

namespace simulation
{
/// An invariant that does not hold.
struct violation
{
    std::string_view invariant; ///< Its name.
    std::string what;           ///< What was found, and what was expected.
};

/// What happened in a run: a digest of all of it, the last of it in words, and the first violation.
class journal
{
public:
    static constexpr std::size_t kept = 50;

    explicit journal(bool verbose) : verbose_(verbose) {}

    /// What is written from now on happens at `now`.
    void set_time(holdfast::time_point now) noexcept { now_ = now; }

    /// Notes that something happened to `service` (0: to none). The texts must be literals.
    void note(int service, std::string_view what, std::int64_t number = 0,
              std::string_view detail = {}) noexcept;

    /// Notes a violation. The first one is kept.
    void violated(int service, std::string_view invariant, const std::string& what);

    const std::optional<violation>& first_violation() const noexcept { return violation_; }

    /// A number that differs for runs in which anything differs.
    std::uint64_t digest() const noexcept { return digest_; }

    std::size_t size() const noexcept { return size_; }

    /// Prints the last lines. Safe in a signal handler, nearly: it allocates nothing.
    void print_last(std::FILE* to) const noexcept;

private:
    struct line
    {
        holdfast::time_point at{};
        int service = 0;
        std::string_view what;
        std::int64_t number = 0;
        std::string_view detail;
    };

    void digest(std::string_view text) noexcept;
    void digest(std::uint64_t number) noexcept;
    static void print(const line& l, std::FILE* to) noexcept;

    bool verbose_;
    holdfast::time_point now_{};
    std::array<line, kept> lines_{};
    std::size_t size_ = 0;
    std::uint64_t digest_ = 14695981039346656037U;
    std::optional<violation> violation_;
};
}

#endif
