// cgal_half_edge.cc - CGAL's Surface_mesh built face by face: half-edges and their opposites.
#include <CGAL/Simple_cartesian.h>
#include <CGAL/Surface_mesh.h>

#include <cstdint>

extern "C" int bench_cgal_half_edge(const float *positions, uint32_t vertex_count,
                                    const uint32_t *indices, uint32_t index_count)
{
    typedef CGAL::Simple_cartesian<float> kernel;
    typedef CGAL::Surface_mesh<kernel::Point_3> surface;
    surface mesh;
    int good = 1;
    mesh.reserve(vertex_count, index_count / 2, index_count / 3);
    for (uint32_t i = 0; i < vertex_count; i++)
        mesh.add_vertex(kernel::Point_3(positions[3 * i], positions[3 * i + 1], positions[3 * i + 2]));
    for (uint32_t i = 0; i < index_count; i += 3)
        good &= mesh.add_face(surface::Vertex_index(indices[i]), surface::Vertex_index(indices[i + 1]),
                              surface::Vertex_index(indices[i + 2])) != surface::null_face();
    return good;
}
