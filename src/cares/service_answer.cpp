// SPDX-License-Identifier: BSL-1.0
#include "service_answer.hpp"

#include "../host_name.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace holdfast::detail
{
namespace
{
using namespace std::chrono_literals;

constexpr std::size_t name_max = 255; // bytes of a name in a message
constexpr std::size_t pointers_max =
    32; // in one name: one for each label would be more than any has
constexpr duration ttl_max = 24h;
constexpr std::uint16_t type_srv = 33;
constexpr std::uint16_t class_internet = 1;
constexpr unsigned pointer_bits = 0xc0; // of a byte that begins a pointer, in place of a length

/// Goes through a message once. What does not fit makes it bad, and from then on all is zero.
class reader
{
public:
    explicit reader(std::span<const std::uint8_t> message) : message_(message) {}

    bool good() const { return good_; }
    std::size_t at() const { return at_; }

    std::uint16_t number16()
    {
        if (!has(2))
            return 0;
        const auto n = static_cast<std::uint16_t>(message_[at_] << 8U | message_[at_ + 1]);
        at_ += 2;
        return n;
    }

    std::uint32_t number32()
    {
        const std::uint32_t high = number16();
        return high << 16U | number16();
    }

    void skip(std::size_t length)
    {
        if (has(length))
            at_ += length;
    }

    /// A name with dots, and none at the end. Where a label holds what no host name does, so does
    /// the name.
    std::string name()
    {
        std::string text;
        std::size_t at = at_;
        std::size_t length = 1;  // of the name without pointers
        std::size_t limit = at_; // pointers lead to what was before, so that they end
        std::size_t pointers = 0;
        std::optional<std::size_t> after; // the first pointer
        while (good_)
        {
            if (at >= message_.size())
                break;
            const unsigned first = message_[at];
            if (first == 0)
            {
                at_ = after.value_or(at + 1);
                return text;
            }
            if ((first & pointer_bits) == pointer_bits)
            {
                if (at + 1 >= message_.size())
                    break;
                if (!after)
                    after = at + 2;
                const std::size_t to = (first & ~pointer_bits) << 8U | message_[at + 1];
                if (to >= limit || ++pointers > pointers_max)
                    break;
                at = limit = to;
                continue;
            }
            length += first + 1;
            if ((first & pointer_bits) != 0 || length > name_max ||
                message_.size() - at - 1 < first)
                break;
            if (!text.empty())
                text += '.';
            for (std::size_t i = at + 1; i <= at + first; ++i)
                text += message_[i] == '.' ? '\0' : static_cast<char>(message_[i]);
            at += first + 1;
        }
        good_ = false;
        return {};
    }

private:
    bool has(std::size_t length)
    {
        good_ = good_ && message_.size() - at_ >= length;
        return good_;
    }

    std::span<const std::uint8_t> message_;
    std::size_t at_ = 0;
    bool good_ = true;
};

/// A record, whose owner is read; `.` has an empty target.
std::optional<core::service_record> read_record(reader& from, std::size_t end)
{
    core::service_record r;
    r.priority = from.number16();
    r.weight = from.number16();
    r.port = from.number16();
    r.target = from.name();
    if (!from.good() || from.at() != end)
        return std::nullopt;
    return r;
}

bool usable(const core::service_record& r)
{
    const bool ascii =
        std::ranges::all_of(r.target, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
    return r.target.empty() || (r.port != 0 && ascii && to_ascii_name(r.target).problem == nullptr);
}
}

std::optional<service_answer> parse_service_answer(std::span<const std::uint8_t> message)
{
    reader from(message);
    from.skip(4); // id and flags, which whoever asked has looked at
    const unsigned questions = from.number16();
    const unsigned answers = from.number16();
    from.skip(4); // the numbers of other records
    for (unsigned i = 0; i != questions && from.good(); ++i)
    {
        from.name();
        from.skip(4);
    }
    service_answer result;
    result.ttl = ttl_max;
    for (unsigned i = 0; i != answers && from.good(); ++i)
    {
        from.name();
        const auto type = from.number16();
        const auto kind = from.number16();
        const auto ttl = from.number32();
        const std::size_t length = from.number16();
        const auto end = from.at() + length;
        // One with the highest bit set is taken for zero (RFC 2181).
        result.ttl =
            std::min<duration>(result.ttl, std::chrono::seconds(ttl >> 31U != 0 ? 0 : ttl));
        if (type != type_srv || kind != class_internet)
        {
            from.skip(length);
            continue;
        }
        auto record = read_record(from, end);
        if (!record)
            return std::nullopt;
        if (usable(*record) && result.records.size() < service_answer::records_max)
            result.records.push_back(std::move(*record));
    }
    return from.good() ? std::optional(std::move(result)) : std::nullopt;
}
}
