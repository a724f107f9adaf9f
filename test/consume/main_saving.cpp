// SPDX-License-Identifier: BSL-1.0
// A stranger's program that saves and loads.
#include <holdfast.hpp>

#include <iostream>

int main()
{
    const holdfast::tree_record tree{.name = "root"};
    const bool same = holdfast::tree_from_json(to_json(tree)) == tree;
    std::cout << (same ? "the same\n" : "another one\n");
    return same ? 0 : 1;
}
