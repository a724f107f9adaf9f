// SPDX-License-Identifier: BSL-1.0
#include <holdfast/endpoints/tls_error.hpp>

#include <holdfast/error.hpp>

#include <openssl/x509_vfy.h>

#include <string>

namespace holdfast
{
namespace
{
class verify_category final : public boost::system::error_category
{
public:
    const char* name() const noexcept override { return "holdfast.tls.verify"; }

    std::string message(int value) const override { return X509_verify_cert_error_string(value); }

    boost::system::error_condition default_error_condition(int) const noexcept override
    {
        return make_error_condition(condition::peer_not_verified);
    }
};
}

const boost::system::error_category& tls_verify_category() noexcept
{
    static const verify_category category;
    return category;
}
}
