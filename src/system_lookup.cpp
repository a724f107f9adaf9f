// SPDX-License-Identifier: BSL-1.0
#include "lookup_pool.hpp"

#include <boost/asio/error.hpp>
#include <boost/asio/ip/address.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>
#include <new>

#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace holdfast::detail
{
namespace
{
error_code error_of(int result, int system_error)
{
    switch (result)
    {
    case EAI_AGAIN:
        return asio::error::host_not_found_try_again;
    case EAI_FAIL:
        return asio::error::no_recovery;
    case EAI_MEMORY:
        return asio::error::no_memory;
    case EAI_SYSTEM:
        return {system_error, boost::system::system_category()};
#if defined(EAI_NODATA)
    case EAI_NODATA: // the name exists, without such an address
        return errc::no_address;
#endif
#if defined(EAI_ADDRFAMILY)
    case EAI_ADDRFAMILY:
        return errc::no_address;
#endif
    default:
        return asio::error::host_not_found;
    }
}

asio::ip::address address_of(const sockaddr& a)
{
    if (a.sa_family == AF_INET6)
    {
        sockaddr_in6 v6;
        std::memcpy(&v6, &a, sizeof v6);
        asio::ip::address_v6::bytes_type bytes;
        std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
        return asio::ip::address_v6(bytes, v6.sin6_scope_id);
    }
    sockaddr_in v4;
    std::memcpy(&v4, &a, sizeof v4);
    asio::ip::address_v4::bytes_type bytes;
    std::memcpy(bytes.data(), &v4.sin_addr, bytes.size());
    return asio::ip::address_v4(bytes);
}
}

// AI_ADDRCONFIG is left out on purpose: it ignores loopback, so that a host without a network could
// not find itself, and an address that cannot be reached fails at once and harms nobody in a race.
lookup_answer system_lookup(const std::string& host, address_family family)
try
{
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    hints.ai_family = family == address_family::ipv4   ? AF_INET
                      : family == address_family::ipv6 ? AF_INET6
                                                       : AF_UNSPEC;
    addrinfo* found = nullptr;
    const int result = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
    if (result != 0)
        return {error_of(result, errno), {}};
    const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(found, &::freeaddrinfo);

    lookup_answer answer;
    for (const addrinfo* i = found; i != nullptr; i = i->ai_next)
        if (i->ai_family == AF_INET || i->ai_family == AF_INET6)
        {
            const auto a = address_of(*i->ai_addr);
            // Hosts files repeat themselves.
            if (std::find(answer.addresses.begin(), answer.addresses.end(), a) ==
                answer.addresses.end())
                answer.addresses.push_back(a);
        }
    if (answer.addresses.empty())
        answer.code = errc::no_address;
    return answer;
}
catch (const std::bad_alloc&)
{
    return {asio::error::no_memory, {}};
}
}
