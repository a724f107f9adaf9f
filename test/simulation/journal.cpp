// SPDX-License-Identifier: BSL-1.0
#include "simulation/journal.hpp"

#include <chrono>

namespace simulation
{
void journal::note(int service, std::string_view what, std::int64_t number,
                   std::string_view detail) noexcept
{
    if (violation_)
        return; // what comes after it explains nothing
    const line l{now_, service, what, number, detail};
    digest(static_cast<std::uint64_t>(l.at.time_since_epoch().count()));
    digest(static_cast<std::uint64_t>(service));
    digest(what);
    digest(static_cast<std::uint64_t>(number));
    digest(detail);
    lines_[size_++ % kept] = l;
    if (verbose_)
        print(l, stdout);
}

void journal::violated(int service, std::string_view invariant, const std::string& what)
{
    note(service, "VIOLATED", 0, invariant);
    if (!violation_)
        violation_ = violation{invariant, "service " + std::to_string(service) + ": " + what};
}

// FNV-1a, as good as any where nobody means harm.

void journal::digest(std::string_view text) noexcept
{
    for (const char c : text)
        digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 1099511628211U;
    digest_ = (digest_ ^ 0xffU) * 1099511628211U; // where it ends
}

void journal::digest(std::uint64_t number) noexcept
{
    for (int i = 0; i < 8; ++i, number >>= 8U)
        digest_ = (digest_ ^ (number & 0xffU)) * 1099511628211U;
}

void journal::print(const line& l, std::FILE* to) noexcept
{
    const auto at = std::chrono::duration<double>(l.at.time_since_epoch()).count();
    std::fprintf(to, "%18.9f  ", at);
    if (l.service != 0)
        std::fprintf(to, "%3d  ", l.service);
    else
        std::fprintf(to, "  -  ");
    std::fprintf(to, "%.*s", static_cast<int>(l.what.size()), l.what.data());
    if (!l.detail.empty())
        std::fprintf(to, " %.*s", static_cast<int>(l.detail.size()), l.detail.data());
    if (l.number != 0)
        std::fprintf(to, " %lld", static_cast<long long>(l.number));
    std::fprintf(to, "\n");
}

void journal::print_last(std::FILE* to) const noexcept
{
    for (std::size_t i = size_ > kept ? size_ - kept : 0; i < size_; ++i)
        print(lines_[i % kept], to);
}
}
