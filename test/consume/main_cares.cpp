// SPDX-License-Identifier: BSL-1.0
#include <holdfast.hpp>
#include <holdfast/endpoints/srv.hpp>

#include <iostream>

int main()
{
    std::cout << to_string(holdfast::srv("_xmpp-client._tcp.example.com")) << '\n';
}
