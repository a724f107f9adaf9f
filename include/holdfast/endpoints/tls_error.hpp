// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_ENDPOINTS_TLS_ERROR_HPP
#define HOLDFAST_ENDPOINTS_TLS_ERROR_HPP

#include <boost/system/error_category.hpp>

namespace holdfast
{
/// The category of what is wrong with a certificate; its values are the `X509_V_ERR_...` of
/// OpenSSL. All equal `condition::peer_not_verified`.
const boost::system::error_category& tls_verify_category() noexcept;
}

#endif
