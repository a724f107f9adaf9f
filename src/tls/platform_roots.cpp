// SPDX-License-Identifier: BSL-1.0
#include "platform_roots.hpp"

#include "pem_files.hpp"

#include <cstdlib>
#include <mutex>
#include <new>
#include <optional>

namespace holdfast::detail
{
namespace
{
struct shared_roots
{
    std::mutex mutex;
    owned_store store;
    std::optional<pem_files> file; // as it was read
};

shared_roots& the_shared_roots()
{
    static shared_roots roots;
    return roots;
}
}

std::string platform_roots_file()
{
    const char* const chosen = std::getenv(X509_get_default_cert_file_env());
    return chosen != nullptr ? chosen : X509_get_default_cert_file();
}

owned_store platform_roots()
{
    shared_roots& roots = the_shared_roots();
    const std::lock_guard lock(roots.mutex);
    if (roots.store == nullptr || roots.file->changed())
    {
        roots.file.emplace().watch(platform_roots_file());
        roots.store.reset(X509_STORE_new());
        if (roots.store == nullptr)
            throw std::bad_alloc();
        X509_STORE_set_default_paths(roots.store.get());
        ERR_clear_error(); // a machine may have no file, or no directory
    }
    X509_STORE_up_ref(roots.store.get());
    return owned_store(roots.store.get());
}
}
