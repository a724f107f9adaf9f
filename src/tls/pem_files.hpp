// SPDX-License-Identifier: BSL-1.0
#ifndef HOLDFAST_SRC_TLS_PEM_FILES_HPP
#define HOLDFAST_SRC_TLS_PEM_FILES_HPP

#include "openssl.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace holdfast::detail
{
/// Whether `text` is PEM itself, rather than the path of a file.
bool is_pem(std::string_view text);

/// Reads the files of TLS options, and remembers what they were like, so that it can be told later
/// whether they have changed. All that throws throws `std::invalid_argument` with
/// `tls: OPTION "PATH" ...`.
class pem_files
{
public:
    /// The certificates that an option has, in order; at least one.
    std::vector<owned_certificate> certificates(const char* option, const std::string& value);

    /// The same, of a directory too.
    std::vector<owned_certificate> trusted(const char* option, const std::string& value);

    std::vector<owned_crl> lists(const char* option, const std::string& value);
    owned_key private_key(const char* option, const std::string& value);

    /// Remembers a file that somebody else reads; it need not exist.
    void watch(const std::string& path) { stamps_.push_back(look_at(path)); }

    /// Whether any file is not what it was when it was read.
    bool changed() const;

private:
    /// What tells one state of a file from another.
    struct stamp
    {
        std::string path;
        std::int64_t modified_s = 0;
        std::int64_t modified_ns = 0;
        std::uint64_t size = 0;
        std::uint64_t inode = 0;
        bool operator==(const stamp&) const = default;
    };

    static stamp look_at(const std::string& path);
    std::string read(const char* option, const std::string& value);

    std::vector<stamp> stamps_;
};

/// Throws `std::invalid_argument`: `tls: OPTION "VALUE" PROBLEM`, of PEM only that it is.
[[noreturn]] void refuse_file(const char* option, const std::string& value,
                              const std::string& problem);
}

#endif
