// SPDX-License-Identifier: BSL-1.0
#include <holdfast.hpp>
#include <holdfast/endpoints/tls.hpp>

#include <iostream>

int main()
{
    std::cout << to_string(holdfast::tls("example.com", 443)) << '\n';
}
