// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_TLS_DETAILS_HPP
#define HOLDFAST_ENDPOINTS_TLS_DETAILS_HPP

#include <string>

namespace holdfast
{
/// What was agreed in a handshake.
struct tls_details
{
    std::string version{};  ///< `TLSv1.3`.
    std::string cipher{};   ///< `TLS_AES_256_GCM_SHA384`.
    std::string protocol{}; ///< What ALPN chose; empty: nothing.
    bool resumed = false;   ///< Whether an earlier handshake was resumed.
};
}

#endif
