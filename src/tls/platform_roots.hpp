// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_TLS_PLATFORM_ROOTS_HPP
#define HOLDFAST_SRC_TLS_PLATFORM_ROOTS_HPP

#include "openssl.hpp"

#include <string>

namespace holdfast::detail
{
using owned_store = std::unique_ptr<X509_STORE, freed_by<X509_STORE_free>>;

/// The file with the roots of this machine, which need not exist; SSL_CERT_FILE says another one.
std::string platform_roots_file();

/// The roots of this machine, to add nothing to: all that want them share them, since to read them
/// takes as long as a hundred handshakes. They are read anew if their file has changed.
owned_store platform_roots();
}

#endif
