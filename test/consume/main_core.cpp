// SPDX-License-Identifier: BSL-1.0
#include <holdfast/failure.hpp>

#include <iostream>

int main()
{
    std::cout << to_string(holdfast::failure{.code = holdfast::errc::connect_timed_out}) << '\n';
}
