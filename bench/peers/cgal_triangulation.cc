// cgal_triangulation.cc - CGAL's constrained Delaunay triangulation of rings; faces within an odd
// number of rings are found by a walk from the infinite face, and counted.
#include <CGAL/Constrained_Delaunay_triangulation_2.h>
#include <CGAL/Exact_predicates_inexact_constructions_kernel.h>
#include <CGAL/Triangulation_face_base_with_info_2.h>

#include <cstdint>
#include <vector>

extern "C" uint32_t bench_cgal_triangulation(const float *xy, const uint32_t *ring_sizes,
                                             uint32_t ring_count)
{
    typedef CGAL::Exact_predicates_inexact_constructions_kernel kernel;
    typedef CGAL::Triangulation_face_base_with_info_2<int, kernel> info;
    typedef CGAL::Triangulation_data_structure_2<
        CGAL::Triangulation_vertex_base_2<kernel>,
        CGAL::Constrained_triangulation_face_base_2<kernel, info>>
        structure;
    typedef CGAL::Constrained_Delaunay_triangulation_2<kernel, structure, CGAL::Exact_predicates_tag>
        triangulation;
    triangulation t;
    for (uint32_t r = 0; r < ring_count; r++) {
        std::vector<kernel::Point_2> points;
        for (uint32_t i = 0; i < ring_sizes[r]; i++, xy += 2) points.emplace_back(xy[0], xy[1]);
        t.insert_constraint(points.begin(), points.end(), true);
    }
    for (auto face : t.all_face_handles()) face->info() = -1;
    std::vector<triangulation::Face_handle> level(1, t.infinite_face()), next;
    uint32_t count = 0;
    for (int depth = 0; !level.empty(); depth++, level.swap(next), next.clear())
        while (!level.empty()) {
            auto face = level.back();
            level.pop_back();
            if (face->info() != -1) continue;
            face->info() = depth;
            count += depth & 1;
            for (int i = 0; i < 3; i++)
                if (face->neighbor(i)->info() == -1)
                    (face->is_constrained(i) ? next : level).push_back(face->neighbor(i));
        }
    return count;
}
