// cgal_normals.cc - CGAL::Polygon_mesh_processing::compute_vertex_normals on a Surface_mesh of doubles.
// Faces that would make the mesh non-manifold are left out, as add_face refuses them.

#include <CGAL/Polygon_mesh_processing/compute_normal.h>
#include <CGAL/Simple_cartesian.h>
#include <CGAL/Surface_mesh.h>

#include <cstdint>

typedef CGAL::Simple_cartesian<double> kernel;
typedef CGAL::Surface_mesh<kernel::Point_3> surface;

static surface *mesh;

extern "C" void bench_cgal_normals_load(const float *positions, uint32_t vertex_count,
                                        const uint32_t *indices, uint32_t index_count)
{
    delete mesh;
    mesh = new surface;
    mesh->reserve(vertex_count, index_count, index_count / 3);
    for (uint32_t i = 0; i < vertex_count; i++, positions += 3)
        mesh->add_vertex(kernel::Point_3(positions[0], positions[1], positions[2]));
    for (uint32_t i = 0; i < index_count; i += 3)
        mesh->add_face(surface::Vertex_index(indices[i]), surface::Vertex_index(indices[i + 1]),
                       surface::Vertex_index(indices[i + 2]));
}

extern "C" void bench_cgal_normals_run(float *out)
{
    auto normals =
        mesh->add_property_map<surface::Vertex_index, kernel::Vector_3>("v:normal").first;
    CGAL::Polygon_mesh_processing::compute_vertex_normals(*mesh, normals);
    for (auto v : mesh->vertices())
        for (int k = 0; k < 3; k++) out[3 * (uint32_t)v + k] = (float)normals[v][k];
}
