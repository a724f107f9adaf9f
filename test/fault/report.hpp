// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_TEST_FAULT_REPORT_HPP
#define HOLDFAST_TEST_FAULT_REPORT_HPP

#include <chrono>
#include <iosfwd>
#include <string>
#include <vector>

namespace fault
{
using duration = std::chrono::nanoseconds;

enum class verdict : char
{
    good = 'g',
    bad = 'b',
    missing = 'm', ///< This machine has not what the scenario needs.
};

/// One line of the table: a step of a scenario.
struct row
{
    std::string scenario{};
    std::string step{};     ///< What was done, or looked at.
    std::string expected{}; ///< What ought to happen.
    std::string seen{};     ///< What happened.
    duration took{};        ///< How long until then.
    duration from{};        ///< How long it ought to take at least,
    duration to{};          ///< and at most; zero: that is not what is looked at.
    verdict result = verdict::good;
};

/// Rows as they go through a pipe, one to a line.
void write(int descriptor, const row& r);
std::vector<row> read_rows(const std::string& text);

void print_table(std::ostream& out, const std::vector<row>& rows);
}

#endif
